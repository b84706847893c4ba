"""`python -m edenmesh`: the same as the command `edenmesh`."""

import sys

from edenmesh.cli import main

sys.exit(main())
