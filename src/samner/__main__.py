"""`python -m samner`: the command line, where its script is not on the path."""

from samner.cli import main

if __name__ == "__main__":
    main()
