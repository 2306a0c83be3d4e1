"""The client on httpx, with several slices under way at a time: as many as its argument says, or five."""

from stack import main  # before what is in its folder

import parallel
import with_httpx


class Upload(parallel.Parallel, with_httpx.Upload):
    pass


main(Upload)
