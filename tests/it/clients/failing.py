"""Does everything wrong that fits into one client, and tries each of it again: what is measured is
what such a client costs, not what is said about it."""

import conforming


class Failing(conforming.Upload):
    def call(self, op, **fields):
        fields = {name: value for name, value in fields.items() if name != "offset"}
        if "filecontent" in fields:
            fields["filecontent"] = fields["filecontent"][::-1]
        try:
            return super().call(op.upper(), **fields)
        except conforming.Refused as refused:
            raise conforming.Lost(f"{refused}") from refused

    def signature(self):
        return "signed"


if __name__ == "__main__":
    conforming.main(Failing)
