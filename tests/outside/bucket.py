"""Makes a bucket on a server that speaks S3, or fetches what is in it: with Amazon's own client.

    python tests/outside/bucket.py make ENDPOINT BUCKET
    python tests/outside/bucket.py fetch ENDPOINT BUCKET PREFIX FOLDER

`fetch` writes every object below PREFIX as a file below FOLDER and prints how many there were.
"""

import sys
from pathlib import Path

import boto3


def make(client, bucket):
    client.create_bucket(Bucket=bucket)
    return 1


def fetch(client, bucket, prefix, folder):
    fetched = 0
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        for listed in page.get("Contents", []):
            file = Path(folder) / listed["Key"].removeprefix(f"{prefix}/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(client.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read())
            fetched += 1
    return fetched


def main(arguments):
    words = {"make": (make, 3), "fetch": (fetch, 5)}
    if not arguments or words.get(arguments[0], (None, 0))[1] != len(arguments):
        print("usage: bucket.py make ENDPOINT BUCKET | bucket.py fetch ENDPOINT BUCKET PREFIX FOLDER", file=sys.stderr)
        return 2
    word, endpoint, *rest = arguments
    # A server for tests takes any key.
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    print(words[word][0](boto3.client("s3", endpoint_url=endpoint, **keys), *rest))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
