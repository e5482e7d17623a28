"""``python -m train.data mnist DIR``: download MNIST into DIR/mnist."""

import argparse
import sys

from golden.errors import InputError
from train.data import download_mnist

parser = argparse.ArgumentParser(prog="python -m train.data", description="Download a data set.")
parser.add_argument("name", choices=["mnist"])
parser.add_argument("folder", metavar="DIR")
arguments = parser.parse_args()
try:
    print(download_mnist(arguments.folder))
except InputError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(2)
except KeyboardInterrupt:
    sys.exit(130)
