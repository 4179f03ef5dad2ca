"""Prints what pyarrow reads from Parquet files, as the connector's records should say it (docs/data.md).

For each path on standard input one line: the word "unreadable", or JSON with the number of records and the first ones.
"""
import base64
import decimal
import json
import math
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

MOST = 500
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def civil(days):
    """The date of a day counted from 1970, however far away."""
    days += 719468
    era = days // 146097
    of_era = days - era * 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9
    year += era * 400 + (month <= 2)
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return "%s%04d-%02d-%02d" % (sign, abs(year), month, day)


def clock(value, unit):
    seconds, fraction = divmod(value, UNITS[unit])
    text = "%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
    digits = len(str(UNITS[unit])) - 1
    return text + (("." + str(fraction).zfill(digits)).rstrip("0").rstrip(".") if fraction else "")


def shortest(single):
    """The shortest number that is this one in 32 bits."""
    texts = ("%.*g" % (digits, single) for digits in range(1, 10))
    return next((float(text) for text in texts if struct.pack("f", float(text)) == struct.pack("f", single)), single)


def plain(value):
    """Of a scalar of pyarrow."""
    kind = value.type
    if not value.is_valid:
        return None
    if isinstance(kind, pa.BaseExtensionType):
        return plain(value.value)
    if pa.types.is_dictionary(kind):
        return plain(value.value)
    if pa.types.is_timestamp(kind):
        number = value.value
        each = 86400 * UNITS[kind.unit]
        return civil(number // each) + "T" + clock(number % each, kind.unit) + "Z"
    if pa.types.is_date(kind):
        return civil(value.value if kind == pa.date32() else value.value // 86400000)
    if pa.types.is_time(kind):
        # Some writers mean a day before; DuckDB counts on in UTC.
        return clock(value.value % (86400 * UNITS[kind.unit]), kind.unit)
    if pa.types.is_map(kind):
        entries = {}
        for entry in value.values if value.values is not None else []:
            key = plain(entry[0])
            if isinstance(key, dict) and list(key) == ["number"]:
                key = key["number"]
            if isinstance(key, float) and key.is_integer():
                key = int(key)
            text = key if isinstance(key, str) else json.dumps(key, separators=(",", ":"))
            entries.setdefault(text, plain(entry[1]))
        return entries
    if pa.types.is_struct(kind):
        return {kind.field(i).name: plain(value[i]) for i in range(kind.num_fields)}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [plain(each) for each in value.values]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        raw = value.as_buffer().to_pybytes()
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return base64.b64encode(raw).decode()
    python = value.as_py()
    if isinstance(python, bytes):
        return base64.b64encode(python).decode()
    if isinstance(python, decimal.Decimal) and kind.precision > 38:
        return format(python, "f")
    if isinstance(python, decimal.Decimal):
        return {"number": format(python, "f")}
    if isinstance(python, float) and kind == pa.float32():
        python = shortest(python)
    if isinstance(python, float):
        return python if math.isfinite(python) else None
    return python


def main():
    for path in sys.stdin:
        try:
            file = pq.ParquetFile(path.rstrip("\n"))
            records = []
            for batch in file.iter_batches(batch_size=MOST):
                for row in range(min(batch.num_rows, MOST - len(records))):
                    records.append([plain(column[row]) for column in batch.columns])
                if len(records) >= MOST:
                    break
            names = file.schema_arrow.names
            print(json.dumps({"rows": file.metadata.num_rows, "names": names, "records": records}), flush=True)
        except Exception as failure:  # Whatever it is, it is not ours.
            print("unreadable " + str(failure).split("\n")[0][:200], flush=True)


main()
