"""Uploads the files of a clip with tuspy, a stock client of resumable uploads, and is interrupted on the way.

    python tests/outside/tus_upload.py CREATION_URL CLIP FILE…

The manifest of CLIP was posted before. Of each file a few chunks are sent; then everything but the upload's address is
forgotten, and another client goes on. Prints how many files were uploaded.
"""

import sys
from pathlib import Path

import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

CHUNKS = 5
TRIES = 20


def again(step):
    """Creating and asking are not tried again by tuspy itself when the link is cut."""
    for _ in range(TRIES - 1):
        try:
            return step()
        except (TusCommunicationError, requests.ConnectionError):
            pass
    return step()


def upload(creation_url, clip, file):
    chunk_bytes = max(1, file.stat().st_size // CHUNKS)
    how = {"chunk_size": chunk_bytes, "upload_checksum": True, "retries": TRIES, "retry_delay": 0}
    metadata = {"clip": clip, "filename": file.name}
    first = again(lambda: TusClient(creation_url).uploader(str(file), metadata=metadata, **how))
    first.upload_chunk()
    first.upload_chunk()
    second = again(lambda: TusClient(creation_url).uploader(str(file), url=first.url, **how))
    if second.offset < first.offset:
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
