"""Take docs/images/page.png anew: the service's page with the stages of one entity, in this machine's Chromium.

python scripts/page_image.py        # needs the extras serve and browser, and a Chromium
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
IMAGE = ROOT / "docs" / "images" / "page.png"
COLOURS = 72  # enough for flat colours and their edges
VIEW = {"viewport": {"width": 1440, "height": 860}, "device_scale_factor": 1.25}


def main() -> None:
    from PIL import Image

    from browsing import chromium, opened
    from samner.bench.server import serving

    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as server,
        chromium() as browser,
        opened(browser, server.url, **VIEW) as page,
    ):
        page.locator("mark", has_text="Orchestra").first.hover()
        page.wait_for_selector(".stage")
        page.wait_for_timeout(400)  # past the transitions
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    IMAGE.parent.mkdir(exist_ok=True)
    shot.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGE, optimize=True)
    print(f"{IMAGE}: {IMAGE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
