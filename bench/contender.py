#!/usr/bin/env python3
"""One SQL engine groups a folder of CloudTrail files by principal and call: contender.py ENGINE FOLDER THREADS.

Prints the answer as JSON, so that bench/run.py can see that every engine did the same work. The queries
name only the fields they need and let the engine skip the rest; of the forms tried for each engine, these
were the fastest. `chdb-resources` groups by the resources that the log names too, and prints its rows itself.
"""

import json
import sys

CHDB = """
WITH JSONExtract(raw, 'Records', 'Array(Tuple(
        userIdentity Tuple(type String, arn String, sessionContext Tuple(sessionIssuer Tuple(arn String))),
        eventSource String, eventName String))') AS records
SELECT multiIf(r.1.3.1.1 != '', r.1.3.1.1, r.1.2 != '', r.1.2, r.1.1) AS principal,
       r.2 AS source, r.3 AS name, count() AS events
FROM (SELECT arrayJoin(records) AS r FROM file('{folder}/**/*.json.gz', 'RawBLOB', 'raw String'))
GROUP BY principal, source, name
SETTINGS max_threads = {threads}
"""

CHDB_RESOURCES = """
WITH JSONExtract(raw, 'Records', 'Array(Tuple(
        userIdentity Tuple(type String, arn String, sessionContext Tuple(sessionIssuer Tuple(arn String))),
        eventSource String, eventName String, resources Array(Tuple(ARN String))))') AS records
SELECT multiIf(r.1.3.1.1 != '', r.1.3.1.1, r.1.2 != '', r.1.2, r.1.1) AS principal,
       r.2 AS source, r.3 AS name,
       arrayJoin(if(empty(r.4), [''], tupleElement(r.4, 'ARN'))) AS resource, toUInt32(count()) AS events
FROM (SELECT arrayJoin(records) AS r FROM file('{folder}/**/*.json.gz', 'RawBLOB', 'raw String'))
GROUP BY principal, source, name, resource
SETTINGS max_threads = {threads}
"""

DUCKDB = """
SELECT coalesce(r.userIdentity.sessionContext.sessionIssuer.arn, r.userIdentity.arn, r.userIdentity.type, ''),
       r.eventSource, r.eventName, count(*)
FROM (SELECT unnest(Records) AS r FROM read_json('{folder}/**/*.json.gz',
        format = 'newline_delimited', maximum_object_size = 16777216,
        columns = {{Records: 'STRUCT(
            userIdentity STRUCT(type VARCHAR, arn VARCHAR,
                sessionContext STRUCT(sessionIssuer STRUCT(arn VARCHAR))),
            eventSource VARCHAR, eventName VARCHAR)[]'}}))
GROUP BY ALL
"""


def chdb(folder, threads):
    import chdb

    answer = chdb.query(CHDB.format(folder=folder, threads=threads), "JSONCompact")
    return json.loads(str(answer))["data"]


def chdb_resources(folder, threads):
    import chdb

    answer = chdb.query(CHDB_RESOURCES.format(folder=folder, threads=threads), "JSONCompactEachRow")
    sys.stdout.buffer.write(answer.bytes())


def duckdb(folder, threads):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    return connection.execute(DUCKDB.format(folder=folder)).fetchall()


def main():
    engine, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if engine == "chdb-resources":
        return chdb_resources(folder, threads)
    rows = {"chdb": chdb, "duckdb": duckdb}[engine](folder, threads)
    calls = sorted([principal, source, name, int(events)] for principal, source, name, events in rows)
    json.dump(calls, sys.stdout)


if __name__ == "__main__":
    main()
