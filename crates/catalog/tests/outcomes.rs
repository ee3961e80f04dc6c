//! What an error code says about the permission: the classes of `_outcomes.rules`, each with codes as CloudTrail
//! writes them.

use leastwise_catalog::call::{ErrorClass, Rules};

#[track_caller]
fn check(class: ErrorClass, codes: &[&str]) {
    let rules = Rules::embedded();
    let other: Vec<&&str> = codes.iter().filter(|code| rules.outcome(code) != class).collect();
    assert!(other.is_empty(), "not {class:?}: {other:?}");
}

#[test]
fn a_refused_caller_was_denied() {
    check(
        ErrorClass::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AccessDeniedForDependencyException",
            "AccessToClusterDenied",
            "AuthorizationErrorException",
            "Client.UnauthorizedOperation",
            "InsufficientDependencyServiceAccessPermissionException",
            "KMSAccessDeniedException",
            "NotAuthorizedException",
            "OperationNotPermittedFault",
            "UnauthorizedException",
            "VpceAccessDenied",
        ],
    );
}

#[test]
fn nobody_was_authorised_with_credentials_that_were_refused() {
    check(
        ErrorClass::Denied,
        &[
            "AuthFailure",
            "AuthorizationHeaderMalformed",
            "Client.AuthFailure",
            "Client.InvalidClientTokenId",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSecurity",
            "InvalidSignatureException",
            "MissingAuthenticationTokenException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
            "UnsupportedSignature",
        ],
    );
}

#[test]
fn an_account_in_trouble_says_nothing_of_its_callers() {
    check(
        ErrorClass::Unknown,
        &[
            "AccountProblem",
            "Blocked",
            "Client.PendingVerification",
            "InvalidAccessException",
            "KMSOptInRequired",
            "NotSignedUp",
            "PendingVerification",
            "RegionDisabledException",
            "SNSNoAuthorizationFault",
            "SubscriptionRequiredException",
        ],
    );
}

#[test]
fn a_request_that_could_not_be_read_or_came_to_the_wrong_place_was_not_authorised() {
    check(
        ErrorClass::Unknown,
        &[
            "Client.InvalidAction",
            "IncompleteBody",
            "InvalidAction",
            "InvalidURI",
            "MalformedHttpRequestException",
            "MalformedQueryString",
            "PermanentRedirect",
            "RequestAbortedException",
            "SerializationException",
            "UnknownOperationException",
        ],
    );
}

#[test]
fn a_throttled_call_and_a_broken_service_prove_nothing() {
    check(
        ErrorClass::Unknown,
        &[
            "APICallRateForCustomerExceededFault",
            "Client.RequestLimitExceeded",
            "GatewayTimeoutException",
            "InternalError",
            "InternalFailure",
            "InternalServiceFault",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceededException",
            "Server.InternalError",
            "Server.Unavailable",
            "ServerException",
            "ServiceUnavailable",
            "SlowDown",
            "503 SlowDown",
            "ThrottlingException",
            "TooManyRequestsException",
        ],
    );
}

#[test]
fn what_is_not_found_not_valid_or_in_the_way_was_authorised() {
    check(
        ErrorClass::Authorised,
        &[
            "BucketNotEmpty",
            "Client.DryRunOperation",
            "Client.InvalidGroup.NotFound",
            "Client.InvalidParameterValue",
            "Client.VcpuLimitExceeded",
            "ConditionalCheckFailedException",
            "EC2AccessDeniedException",
            "EndpointNotFound",
            "InvalidSecurityGroupException",
            "KMS.DisabledException",
            "KMS.NotFoundException",
            "KMSInvalidStateException",
            "LimitExceededException",
            "NoSuchBucketPolicy",
            "NoSuchKey",
            "ResourceNotFoundException",
            "Server.InsufficientInstanceCapacity",
            "TransactionCanceledException",
            "ValidationError",
            "ValidationException",
        ],
    );
}

#[test]
fn a_code_that_the_tables_do_not_know_was_raised_by_the_service_itself() {
    check(ErrorClass::Authorised, &["SomethingOfTheServicesOwn", ""]);
}

#[test]
fn what_is_in_no_bucket_was_not_authorised_and_what_is_missing_in_one_was() {
    let nowhere = ["NoSuchBucket", "InvalidBucketName", "NoSuchAccessPoint", "InvalidAccessPoint"];
    check(ErrorClass::Unknown, &nowhere);
    check(ErrorClass::Authorised, &["NoSuchBucketPolicy", "NoSuchKey", "NoSuchTagSet", "BucketNotEmpty"]);
}
