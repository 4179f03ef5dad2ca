package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.exception.SdkServiceException;

/** Describes an exception for people: one line, without stack trace, secrets, query strings and user names in URLs. */
public final class Failures {
    /** Timeout, too early, too many requests: the only 4xx after which the same request may succeed. */
    private static final List<Integer> WORTH_A_RETRY = List.of(408, 425, 429);

    private Failures() {}

    /** The kind of the first exception in the chain of causes that has one. */
    public static Kind kind(@Nullable Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof Problem.Known known) {
                return known.kind();
            }
            if (e instanceof OutOfMemoryError) {
                return Kind.NO_MEMORY;
            }
        }
        return failure != null && isNeighbours(failure) ? Kind.UNREACHABLE : Kind.OTHER;
    }

    /** What happened, e.g. {@code 403 from https://siem.example — token refused}. */
    public static String describe(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            String description = describeKnown(e);
            if (description != null) {
                return description;
            }
        }
        Throwable root = root(failure);
        String message = PlainText.answer(root.getMessage());
        return message.isEmpty() ? root.getClass().getSimpleName() : message;
    }

    /** The last exception in the chain of causes. */
    public static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /**
     * The described exception, or a new one with the same text. Its effect can be replaced, see {@link ConnectorException#saying}.
     */
    public static ConnectorException known(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof ConnectorException known) {
                return known;
            }
            if (describeKnown(e) != null) {
                break;
            }
        }
        return new ConnectorException(
                new Problem(kind(failure), "", PlainText.sentence(describe(failure)), "", ""), failure);
    }

    /** Whether a server, a network or a disk has failed, so that a retry may succeed later. */
    public static boolean isNeighbours(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .anyMatch(cause -> cause instanceof IOException
                        || (cause instanceof SdkException
                                && !(cause instanceof SdkServiceException answer && answer.statusCode() < 500))
                        || (cause instanceof HttpOperationFailedException http
                                && (http.getStatusCode() >= 500 || isWorthARetry(http.getStatusCode()))));
    }

    private static @Nullable String describeKnown(Throwable e) {
        if (e instanceof HttpOperationFailedException http) {
            String answer = PlainText.answer(http.getResponseBody());
            return http.getStatusCode() + " from " + host(http.getUri()) + (answer.isEmpty() ? "" : " — " + answer);
        }
        if (e instanceof Problem.Known) {
            return e.getMessage();
        }
        if (e instanceof Error) {
            // Its message alone, such as a class name, says nothing.
            String message = PlainText.answer(e.getMessage());
            return e.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
        }
        // Their messages are the path alone.
        if (e instanceof AccessDeniedException denied && denied.getReason() == null) {
            return "permission denied: " + PlainText.answer(denied.getFile());
        }
        if (e instanceof FileAlreadyExistsException there && there.getReason() == null) {
            return "it is there already: " + PlainText.answer(there.getFile());
        }
        if (e instanceof UnknownHostException) {
            return "unknown host " + PlainText.answer(e.getMessage());
        }
        if (e instanceof SocketTimeoutException) {
            return "no answer in time (" + PlainText.answer(e.getMessage()) + ")";
        }
        if (e instanceof ConnectException || e instanceof SSLException) {
            String message = PlainText.answer(e.getMessage());
            return message.isEmpty() ? "no connection" : message;
        }
        return null;
    }

    /** Scheme, host and port of a URL. */
    public static String host(String url) {
        try {
            URI uri = URI.create(url);
            // Not getHost, which is null for a name with an underscore.
            String authority = uri.getRawAuthority();
            return authority == null
                    ? "the destination"
                    : uri.getScheme() + "://" + authority.substring(authority.lastIndexOf('@') + 1);
        } catch (IllegalArgumentException e) {
            return "the destination";
        }
    }

    /** Whether the same request may succeed after an answer below 500. */
    public static boolean isWorthARetry(int status) {
        return WORTH_A_RETRY.contains(status);
    }
}
