"""Put pictures that the browser tests have kept into docs/pictures, at a size to be read there.

python tests/ui/pictures.py [NAME …]
"""

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
SHOTS, PICTURES = ROOT / "out" / "ui", ROOT / "docs" / "pictures"
NAMES = (
    *("board", "flame", "series", "suspects", "fix", "dark"),
    *("mlflow-variants", "mlflow-over-time", "mlflow-latest", "mlflow-evaluation"),
    *("mlflow-variant", "mlflow-answers", "mlflow-answer"),
)
MOST_PX, MOST_BYTES = 1400, 250_000


def keep(name: str) -> int:
    """Write a picture, no wider than it may be, with few colours where it must be; return its bytes."""
    picture = Image.open(SHOTS / f"{name}.png").convert("RGB")
    picture.thumbnail((MOST_PX, 10 * MOST_PX))
    path = PICTURES / f"{name}.png"
    picture.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
        few.save(path)
    return path.stat().st_size


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or NAMES:
        n_bytes = keep(name)
        if n_bytes > MOST_BYTES:
            sys.exit(f"{name}.png: expected at most {MOST_BYTES} bytes, got {n_bytes}")
        sys.stdout.write(f"{name}.png: {n_bytes / 1000:.0f} kB\n")
