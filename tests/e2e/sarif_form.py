"""What SARIF 2.1.0 asks of the parts that leastwise writes, as a JSON schema, written from the specification
(https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). Stricter than the published schema: a property that
leastwise does not write is refused, so that whoever adds one looks it up."""


def an(required, **properties):
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": properties,
    }


def many(items, **more):
    return {"type": "array", "items": items, **more}


TEXT = {"type": "string", "minLength": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = an("text", text=TEXT, markdown=TEXT)
BAG = {"type": "object", "properties": {"tags": many(TEXT, uniqueItems=True)}}
# A relative reference or an absolute address: what else is not percent-encoded is no URI (RFC 3986).
URI = {"type": "string", "pattern": r"^(file://)?(%[0-9A-F]{2}|[A-Za-z0-9/._~-])+$"}
ADDRESS = {"type": "string", "pattern": "^https://"}

RULE = an(
    "id",
    id=TEXT,
    name={"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    helpUri=ADDRESS,
    defaultConfiguration=an("level", level=LEVEL),
    properties={
        **BAG,
        "required": ["security-severity", "tags"],
        "properties": {
            **BAG["properties"],
            # GitHub: a number from 0.0 to 10.0, as a string.
            "security-severity": {"type": "string", "pattern": r"^([0-9]\.[0-9]|10\.0)$"},
        },
    },
)

LOCATION = an(
    "physicalLocation",
    physicalLocation=an(
        "artifactLocation region",
        artifactLocation=an("uri", uri=URI, uriBaseId=TEXT),
        region=an(
            "startLine",
            startLine={"type": "integer", "minimum": 1},
            startColumn={"type": "integer", "minimum": 1},
        ),
    ),
    logicalLocations=many(an("fullyQualifiedName", fullyQualifiedName=TEXT)),
)

RESULT = an(
    "ruleId ruleIndex level message locations partialFingerprints suppressions",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=MESSAGE,
    locations=many(LOCATION, minItems=1),
    partialFingerprints={"type": "object", "minProperties": 1, "additionalProperties": TEXT},
    baselineState={"enum": ["new", "unchanged", "updated", "absent"]},
    suppressions=many(
        an(
            "kind",
            kind={"enum": ["inSource", "external"]},
            status={"enum": ["accepted", "underReview", "rejected"]},
            justification=TEXT,
        )
    ),
    properties=BAG,
)

LOG = an(
    "version runs",
    **{"$schema": ADDRESS},
    version={"const": "2.1.0"},
    runs=many(
        an(
            "tool results",
            tool=an(
                "driver",
                driver=an(
                    "name rules",
                    name=TEXT,
                    semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                    informationUri=ADDRESS,
                    rules=many(RULE, uniqueItems=True),
                ),
            ),
            invocations=many(
                an("executionSuccessful", executionSuccessful={"type": "boolean"}, exitCode={"type": "integer"})
            ),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            results=many(RESULT),
            properties=BAG,
        ),
        minItems=1,
        maxItems=1,
    ),
)
