"""Conforms, with several slices under way at a time: as many as its argument says, or five."""

import concurrent.futures
import sys

import conforming


class Parallel(conforming.Upload):
    def send_all(self, granted, pieces):
        """Those that have not begun when one has failed are not sent."""
        most = int(sys.argv[1]) if len(sys.argv) > 1 else 5
        most = 1 if str(granted.get("serial_upload")) == "1" else most
        with concurrent.futures.ThreadPoolExecutor(most) as pool:
            sent = [pool.submit(self.send_piece, granted["session"], *piece) for piece in pieces]
            try:
                for piece in concurrent.futures.as_completed(sent):
                    piece.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


if __name__ == "__main__":
    conforming.main(Parallel)
