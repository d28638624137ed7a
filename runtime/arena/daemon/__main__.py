"""`python -I -m arena.daemon`: what `arena up` starts."""

import sys

from arena.daemon.process import main

sys.exit(main())
