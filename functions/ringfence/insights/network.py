"""The pack of queries over VPC flow logs. Declarations only.

A record is about one flow in an interval of at most ten minutes. A connection that stays open makes one
record after the other. Addresses of private networks (RFC 1918) count as internal.
"""

from __future__ import annotations

from ringfence.insights.query import CONTAINED, LISTED, Parameter, Query

BEACONING = Query(
    "beaconing",
    "an internal address connects to an external one at regular intervals, without traffic in between",
    "T1071",
    "high",
    ("srcaddr", "dstaddr", "dstport", "calls", "seconds", "deviation", "bytes"),
    """
WITH calls AS (
  SELECT srcaddr, dstaddr, dstport, bytes, start - LAG(start) OVER one AS gap,
    start - LAG("end") OVER one AS silence
  FROM flow_logs
  WHERE action = 'ACCEPT' AND {outward}
  WINDOW one AS (PARTITION BY srcaddr, dstaddr, dstport ORDER BY start)
)
SELECT srcaddr, dstaddr, dstport, COUNT(*) + 1 AS calls, ROUND(AVG(gap), 1) AS seconds,
  ROUND(STDDEV_SAMP(gap), 1) AS deviation, SUM(bytes) AS bytes
FROM calls
WHERE silence > 0
GROUP BY srcaddr, dstaddr, dstport
HAVING COUNT(*) + 1 >= {least_calls} AND AVG(gap) <= {longest_gap}
  AND STDDEV_SAMP(gap) <= {jitter} * AVG(gap)
ORDER BY calls DESC, srcaddr, dstaddr, dstport""",
    (
        Parameter("least_calls", 20, "the lowest number of connections"),
        Parameter("longest_gap", 7200, "the longest average time between two connections, in seconds"),
        Parameter("jitter", 0.1, "the highest standard deviation of this time, as a fraction of its average"),
    ),
    "contain the instance with this address: `ringfence run contain-instance`",
)
SCAN_OUT = Query(
    "scan-out",
    "an internal address tries many addresses and ports in an hour",
    "T1046",
    "high",
    ("srcaddr", "hour", "targets", "addresses", "ports", "rejected"),
    """
SELECT srcaddr, CAST(FLOOR(start / 3600) AS BIGINT) * 3600 AS hour,
  COUNT(DISTINCT dstaddr || ' ' || CAST(dstport AS VARCHAR)) AS targets, COUNT(DISTINCT dstaddr) AS addresses,
  COUNT(DISTINCT dstport) AS ports, SUM(CASE WHEN action = 'REJECT' THEN 1 ELSE 0 END) AS rejected
FROM flow_logs
WHERE {from_inside} AND dstport < {first_client_port} AND packets <= {most_packets}
GROUP BY srcaddr, CAST(FLOOR(start / 3600) AS BIGINT) * 3600
HAVING COUNT(DISTINCT dstaddr || ' ' || CAST(dstport AS VARCHAR)) >= {least_targets}
ORDER BY targets DESC, srcaddr, hour""",
    (
        Parameter("least_targets", 100, "the lowest number of pairs of an address and a port in an hour"),
        Parameter("most_packets", 3, "the most packets of a flow: a scan sends few to each port"),
        Parameter("first_client_port", 32768, "the first port of clients: flows to these ports are answers"),
    ),
    "contain the instance with this address: `ringfence run contain-instance`",
)
SCAN_IN = Query(
    "scan-in",
    "flows of an external address to many addresses and ports in an hour are rejected",
    "T1595",
    "low",
    ("srcaddr", "hour", "targets", "addresses", "ports"),
    """
SELECT srcaddr, CAST(FLOOR(start / 3600) AS BIGINT) * 3600 AS hour,
  COUNT(DISTINCT dstaddr || ' ' || CAST(dstport AS VARCHAR)) AS targets, COUNT(DISTINCT dstaddr) AS addresses,
  COUNT(DISTINCT dstport) AS ports
FROM flow_logs
WHERE action = 'REJECT' AND {inward}
GROUP BY srcaddr, CAST(FLOOR(start / 3600) AS BIGINT) * 3600
HAVING COUNT(DISTINCT dstaddr || ' ' || CAST(dstport AS VARCHAR)) >= {least_targets}
ORDER BY targets DESC, srcaddr, hour""",
    (Parameter("least_targets", 50, "the lowest number of pairs of an address and a port in an hour"),),
    "these flows reached nothing; block the address in the network ACL if they go on",
)
EXFILTRATION = Query(
    "exfiltration",
    "an internal address sends a large amount of data to one external address in a day",
    "T1048",
    "high",
    ("srcaddr", "dstaddr", "day", "megabytes", "flows"),
    """
SELECT srcaddr, dstaddr, CAST(FLOOR(start / 86400) AS BIGINT) * 86400 AS day,
  ROUND(SUM(bytes) / 1000000.0, 1) AS megabytes, COUNT(*) AS flows
FROM flow_logs
WHERE action = 'ACCEPT' AND {outward}
GROUP BY srcaddr, dstaddr, CAST(FLOOR(start / 86400) AS BIGINT) * 86400
HAVING SUM(bytes) >= {megabytes} * 1000000.0
ORDER BY megabytes DESC, srcaddr, dstaddr, day""",
    (Parameter("megabytes", 1000, "the lowest number of megabytes in a day"),),
    "find out what was sent, and contain the instance if nobody can explain it",
)
LISTED_ADDRESSES = Query(
    "listed-addresses",
    "accepted flows from or to an address of your list",
    "T1071",
    "high",
    ("interface_id", "srcaddr", "dstaddr", "dstport", "flows", "bytes", "first", "last"),
    """
SELECT interface_id, srcaddr, dstaddr, dstport, COUNT(*) AS flows, SUM(bytes) AS bytes, MIN(start) AS first,
  MAX("end") AS last
FROM flow_logs
WHERE action = 'ACCEPT'
  AND (srcaddr IN (SELECT address FROM listed) OR dstaddr IN (SELECT address FROM listed))
GROUP BY interface_id, srcaddr, dstaddr, dstport
ORDER BY bytes DESC, interface_id, srcaddr, dstaddr, dstport""",
    (),
    "contain the instance behind this interface: `ringfence run contain-instance`",
    (LISTED,),
)
DENIED_BURSTS = Query(
    "denied-bursts",
    "many flows of a network interface are rejected in five minutes",
    "T1110",
    "medium",
    ("interface_id", "since", "rejected", "sources"),
    """
SELECT interface_id, CAST(FLOOR(start / 300) AS BIGINT) * 300 AS since, COUNT(*) AS rejected,
  COUNT(DISTINCT srcaddr) AS sources
FROM flow_logs
WHERE action = 'REJECT'
GROUP BY interface_id, CAST(FLOOR(start / 300) AS BIGINT) * 300
HAVING COUNT(*) >= {least_rejected}
ORDER BY rejected DESC, interface_id, since""",
    (Parameter("least_rejected", 200, "the lowest number of rejected flows in five minutes"),),
    "find the addresses that send these flows: `scan-in` and `scan-out` name them",
)
STILL_TALKING = Query(
    "contained-but-talking",
    "accepted flows of an address after its containment",
    "T1071",
    "critical",
    ("address", "peer", "port", "flows", "bytes", "last", "seconds_after"),
    """
SELECT c.address, CASE WHEN f.srcaddr = c.address THEN f.dstaddr ELSE f.srcaddr END AS peer,
  CASE WHEN f.srcaddr = c.address THEN f.dstport ELSE f.srcport END AS port, COUNT(*) AS flows,
  SUM(f.bytes) AS bytes, MAX(f."end") AS last, MAX(f."end") - MAX(c.since) AS seconds_after
FROM flow_logs AS f
JOIN contained AS c ON f.srcaddr = c.address OR f.dstaddr = c.address
WHERE f.action = 'ACCEPT' AND f.start > c.since + {grace}
GROUP BY c.address, CASE WHEN f.srcaddr = c.address THEN f.dstaddr ELSE f.srcaddr END,
  CASE WHEN f.srcaddr = c.address THEN f.dstport ELSE f.srcport END
ORDER BY bytes DESC, address, peer, port""",
    (
        Parameter(
            "grace", 60, "seconds after the containment that do not count: a record can begin before it"
        ),
    ),
    "the containment is not complete: tracked connections stay open; stop the instance, or block the peer",
    (CONTAINED,),
)
PACK = (
    *(STILL_TALKING, BEACONING, LISTED_ADDRESSES, EXFILTRATION),
    *(SCAN_OUT, DENIED_BURSTS, SCAN_IN),
)
"""The queries, the most important first."""
