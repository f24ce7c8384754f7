"""`python -m rillm` is the command `rillm`."""

import sys

from rillm.cli import main

if __name__ == "__main__":
    sys.exit(main())
