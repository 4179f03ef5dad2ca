"""What a Python script does in the connector's place, for `bench/run peers`: reads the Parquet files of a folder in a bucket
with pyarrow, and sends their records in batches to a webhook or to Elasticsearch. It keeps no cursor and no dead letters.

Usage: peers.py webhook|elasticsearch URL S3-ENDPOINT BUCKET/FOLDER BATCH-SIZE IN-FLIGHT
Environment: S3_KEY, S3_SECRET, ELASTICSEARCH_USER, ELASTICSEARCH_PASSWORD, IDS (1: documents have ids, as the connector's)
"""

import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pyarrow.fs import FileSelector, S3FileSystem
from pyarrow.parquet import ParquetFile


def record_batches(endpoint, folder, size):
    """Names and batches of records, file by file."""
    s3 = S3FileSystem(
        access_key=os.environ["S3_KEY"],
        secret_key=os.environ["S3_SECRET"],
        endpoint_override=endpoint,
        scheme="http",
        region="us-east-1",
    )
    for info in s3.get_file_info(FileSelector(folder, recursive=True)):
        if info.is_file:
            with s3.open_input_file(info.path) as file:
                for batch in ParquetFile(file, pre_buffer=True).iter_batches(batch_size=size):
                    yield info.path, batch.to_pylist()


def to_webhook(url, batches, in_flight):
    import requests

    local = threading.local()
    room = threading.Semaphore(in_flight)

    def post(records):
        try:
            if not hasattr(local, "session"):
                local.session = requests.Session()
            lines = [json.dumps(record, default=lambda value: value.isoformat()) for record in records]
            body = ("\n".join(lines) + "\n").encode()
            answer = local.session.post(url, data=body, headers={"Content-Type": "application/x-ndjson"})
            answer.raise_for_status()
            return len(records)
        finally:
            room.release()

    with ThreadPoolExecutor(in_flight) as pool:
        sent = []
        for _, records in batches:
            room.acquire()
            sent.append(pool.submit(post, records))
        return sum(future.result() for future in sent)


def to_elasticsearch(url, batches, size, in_flight):
    from elasticsearch import Elasticsearch
    from elasticsearch.helpers import parallel_bulk

    login = (os.environ["ELASTICSEARCH_USER"], os.environ["ELASTICSEARCH_PASSWORD"])
    client = Elasticsearch(url, basic_auth=login, request_timeout=60)

    def actions():
        numbers = {}
        for file, records in batches:
            if os.environ.get("IDS") != "1":
                yield from records
                continue
            number = numbers.get(file, 0)
            name = hex(hash(file))
            for record in records:
                yield {"_op_type": "create", "_id": f"{name}-{number}", "_source": record}
                number += 1
            numbers[file] = number

    answers = parallel_bulk(
        client, actions(), index="peers", thread_count=in_flight, queue_size=in_flight, chunk_size=size
    )
    return sum(1 for accepted, _ in answers if accepted)


def main():
    kind, url, endpoint, folder, size, in_flight = sys.argv[1:]
    begin = time.monotonic()
    batches = record_batches(endpoint, folder, int(size))
    if kind == "webhook":
        records = to_webhook(url, batches, int(in_flight))
    else:
        records = to_elasticsearch(url, batches, int(size), int(in_flight))
    print(f"{records} records in {time.monotonic() - begin:.3f} s")


main()
