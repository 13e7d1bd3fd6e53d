"""What each web worker loads: the application, in a process that ends with the server's main process.

First things first: a worker that is still loading when everything else is killed must end too.
"""

from ordinavo_connect.running.lifelines import die_with_parent

die_with_parent()

import gc  # noqa: E402 (see above)

from ordinavo_connect.asgi import application  # noqa: E402

# What is loaded now stays for good, and a batch makes objects by the hundred thousand that die with it: looking
# through all of them again and again took two fifths of the time of an import.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 100)

__all__ = ["application"]
