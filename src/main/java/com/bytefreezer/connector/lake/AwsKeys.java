package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.lake.Credentials.Keys;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Secrets;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;

/** The keys for a bucket or a queue: the given ones, or those of the default AWS credential chain. */
public final class AwsKeys {
    private AwsKeys() {}

    /**
     * Keys that are valid now, for DuckDB, whose own chain needs another extension.
     *
     * @throws ConnectorException if the chain finds none
     */
    public static Keys resolve(Credentials credentials) {
        try {
            AwsCredentials found = provider(credentials).resolveCredentials();
            String token = found instanceof AwsSessionCredentials session ? session.sessionToken() : null;
            Secrets.ofProcess().addPassing(found.secretAccessKey());
            if (token != null) {
                Secrets.ofProcess().addPassing(token);
            }
            return new Keys(found.accessKeyId(), found.secretAccessKey(), token);
        } catch (SdkClientException e) {
            throw new ConnectorException(
                    "s3://%s: no keys are set and the default AWS credential chain found none. Nothing was read. "
                                    .formatted(credentials.bucket())
                            + "Set s3.access-key and s3.secret-key, or AWS_ACCESS_KEY_ID, AWS_PROFILE or a role.",
                    e);
        }
    }

    /** What finds them, for a client of the SDK. */
    public static AwsCredentialsProvider provider(Credentials credentials) {
        Keys keys = credentials.keys();
        if (keys == null) {
            return DefaultCredentialsProvider.builder().build();
        }
        return StaticCredentialsProvider.create(
                keys.sessionToken() == null
                        ? AwsBasicCredentials.create(keys.accessKey(), keys.secretKey())
                        : AwsSessionCredentials.create(keys.accessKey(), keys.secretKey(), keys.sessionToken()));
    }
}
