//! What AWS's error codes mean to the user, and the way out: a table of facts.

/// What some error codes mean.
pub struct Meaning {
    /// [Common errors](https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html) and those of
    /// [S3](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
    pub codes: &'static [&'static str],
    /// What AWS's message begins with, where a code has several meanings.
    pub begins: &'static str,
    /// The same in words.
    pub says: &'static str,
    /// The way out; `{needs}` is the action.
    pub help: &'static str,
}

/// Every meaning that is known; the first that fits counts.
pub const MEANINGS: &[Meaning] = &[
    Meaning {
        codes: &["SignatureDoesNotMatch", "InvalidSignatureException"],
        begins: "Signature expired",
        says: "this machine's clock is wrong",
        help: "set the clock: AWS takes what was signed within minutes",
    },
    Meaning {
        codes: &["SignatureDoesNotMatch", "InvalidSignatureException"],
        begins: "Signature not yet current",
        says: "this machine's clock is wrong",
        help: "set the clock: AWS takes what was signed within minutes",
    },
    Meaning {
        codes: &["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"],
        begins: "",
        says: "this machine's clock is wrong",
        help: "set the clock: AWS takes what was signed within minutes",
    },
    Meaning {
        codes: &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"],
        begins: "",
        says: "the credentials have expired",
        help: "log in anew (`aws sso login`), or set a new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
    },
    Meaning {
        codes: &[
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "InvalidToken",
            "AuthFailure",
        ],
        begins: "",
        says: "AWS does not know these credentials",
        help: "the key was deleted or made inactive, lacks its AWS_SESSION_TOKEN, or is of another partition, which \
               --region says (cn-north-1, us-gov-west-1)",
    },
    Meaning {
        codes: &["SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"],
        begins: "",
        says: "the secret key is not that of the access key",
        help: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile's, once more and both",
    },
    Meaning {
        codes: &["AccessDenied", "AccessDeniedException", "Forbidden"],
        begins: "",
        says: "these credentials may not do that",
        help: "it takes {needs}; `aws sts get-caller-identity` tells whose credentials they are, --profile names others",
    },
    Meaning {
        codes: &["NoSuchBucket", "InvalidBucketName"],
        begins: "",
        says: "there is no such bucket",
        help: "write s3://bucket/prefix; `aws s3 ls` lists the account's, and --region says whether it is one of China or GovCloud",
    },
    Meaning {
        codes: &[
            "PermanentRedirect",
            "TemporaryRedirect",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
        ],
        begins: "",
        says: "the bucket is in another region",
        help: "say which with --region; `aws s3api get-bucket-location --bucket BUCKET` tells",
    },
    Meaning {
        codes: &[
            "Throttling",
            "ThrottlingException",
            "RequestLimitExceeded",
            "SlowDown",
            "ServiceUnavailable",
            "InternalError",
            "InternalFailure",
            "ServiceFailure",
        ],
        begins: "",
        says: "AWS is busy or has a fault",
        help: "try again in a while",
    },
];
