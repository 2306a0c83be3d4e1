"""Conforms, and asks for slices of 3 MiB whatever it is told to ask for, so that small files are one slice."""

import conforming


class ThreeMib(conforming.Upload):
    def __init__(self, **words):
        super().__init__(**{**words, "slice_size": 3 << 20})


if __name__ == "__main__":
    conforming.main(ThreeMib)
