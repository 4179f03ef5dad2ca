package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.net.HostNames;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.LimitedStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Valid answers of an S3 server to a listing, and what is wrong with any other answer. Immutable. */
record S3Answers(String bucket, String where) {
    /** Limit of a page, which is read as a whole. A page of 1,000 objects with names of maximum length has 4 MB. */
    private static final long MOST_BYTES = 10_000_000;

    /** Checks each answer, and each request before it is signed. */
    static final class Interceptor implements ExecutionInterceptor {
        @Override
        public SdkHttpRequest modifyHttpRequest(Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
            SdkHttpRequest request = context.httpRequest();
            return HostNames.real(request.host())
                    .map(host -> request.toBuilder().host(host).build())
                    .orElse(request);
        }

        @Override
        public Optional<InputStream> modifyHttpResponseContent(
                Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
            // The reader of an object limits its content.
            return context.request() instanceof GetObjectRequest
                    ? context.responseBody()
                    : context.responseBody()
                            .map(content -> new LimitedStream(content, MOST_BYTES, () -> {
                                throw new IOException("the answer has more than %,d bytes".formatted(MOST_BYTES));
                            }));
        }

        /** The SDK treats any other answer with status 200, such as a proxy's page, as an empty bucket. */
        @Override
        public void afterUnmarshalling(Context.AfterUnmarshalling context, ExecutionAttributes attributes) {
            if (context.response() instanceof ListObjectsV2Response listing && listing.name() == null) {
                throw SdkClientException.create("the answer is not an S3 listing");
            }
        }
    }

    /**
     * Calls the server.
     *
     * @throws ConnectorException in one line, for any failure
     */
    <T> T of(Supplier<T> call) {
        try {
            return call.get();
        } catch (S3Exception e) {
            String code = code(e);
            throw new ConnectorException(
                    "lake s3://%s at %s: %d %s when listing. Nothing new was read. %s"
                            .formatted(bucket, where, e.statusCode(), code, advice(e.statusCode(), code)),
                    e);
        } catch (ApiCallAttemptTimeoutException e) {
            throw unlisted("no complete answer in time", e);
        } catch (SdkException | UncheckedIOException e) {
            throw unlisted(rootMessage(e), e);
        }
    }

    /** Which bucket, and where. */
    String place() {
        return "lake s3://%s at %s".formatted(bucket, where);
    }

    /** An answer that is not a valid S3 listing. */
    ConnectorException wrong(String what) {
        return unlisted(what, null);
    }

    private ConnectorException unlisted(String why, @Nullable Throwable cause) {
        return new ConnectorException(
                "lake s3://%s at %s: cannot be listed (%s). Nothing new was read. Check the endpoint and the network."
                        .formatted(bucket, where, why),
                cause);
    }

    /** The server's own code; empty for an answer without one. */
    static String code(S3Exception e) {
        AwsErrorDetails details = e.awsErrorDetails();
        return details == null ? "" : Objects.requireNonNullElse(details.errorCode(), "");
    }

    private static String advice(int status, String code) {
        return switch (meaning(status, code)) {
            case 301, 400 -> "Check the region and the endpoint.";
            case 401, 403 -> "Check the keys and that they may list and read the bucket (s3:ListBucket, s3:GetObject).";
            case 404 -> "Check the name of the bucket.";
            default -> "Try again later.";
        };
    }

    /** The status that AWS should have sent: it refuses a token that has expired with 400. */
    static int meaning(int status, String code) {
        return code.contains("Token") ? 403 : status;
    }

    static String rootMessage(Throwable e) {
        Throwable root = Failures.root(e);
        String message = root instanceof UnknownHostException ? "unknown host " + root.getMessage() : root.getMessage();
        return message == null
                ? root.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}
