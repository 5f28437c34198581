"""Uploads the files of a clip with tuspy, a stock client of resumable uploads, and is interrupted on the way.

    python tests/outside/tus_upload.py CREATION_URL CLIP FILE…

The manifest of CLIP was posted before. Of each file a few chunks are sent; then everything but the upload's address is
forgotten, and another client goes on. Prints how many files were uploaded.
"""

import sys
from pathlib import Path

from tusclient.client import TusClient

CHUNKS = 5


def upload(creation_url, clip, file):
    chunk_bytes = max(1, file.stat().st_size // CHUNKS)
    first = TusClient(creation_url).uploader(
        str(file), chunk_size=chunk_bytes, metadata={"clip": clip, "filename": file.name}, upload_checksum=True
    )
    first.upload_chunk()
    first.upload_chunk()
    second = TusClient(creation_url).uploader(str(file), url=first.url, chunk_size=chunk_bytes, upload_checksum=True)
    if second.offset != first.offset:
        raise SystemExit(f"{file.name}: the server holds {second.offset} bytes, {first.offset} were acknowledged")
    second.upload()


def main(arguments):
    if len(arguments) < 3:
        print("usage: tus_upload.py CREATION_URL CLIP FILE…", file=sys.stderr)
        return 2
    creation_url, clip, *files = arguments
    for file in files:
        upload(creation_url, clip, Path(file))
    print(len(files))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
