"""The WSGI entry point."""

import signal
from multiprocessing import parent_process

# granian's workers begin with their parent's handlers, which take a SIGTERM for themselves: a
# worker asked to stop while it still starts would never end. Once it serves it sets its own.
if parent_process() is not None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

from app import create_app
from app.safety import UnsafeConfiguration

try:
    app = create_app()
except UnsafeConfiguration as refused:
    raise SystemExit(f"Qicai does not start: {refused}") from None
