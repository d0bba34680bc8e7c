"""Arrow's compute functions without their stubs, which know neither chunked arrays nor null scalars in most places.

The frames' contracts are checked at run time.
"""

from __future__ import annotations

from typing import Any

import pyarrow.compute

pc: Any = pyarrow.compute
