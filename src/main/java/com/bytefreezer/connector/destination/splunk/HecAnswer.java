package com.bytefreezer.connector.destination.splunk;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.net.URI;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.camel.http.base.HttpOperationFailedException;

/** The answer of the collector. */
record HecAnswer(URI url, int status, Map<String, String> headers, String body, JsonNode json) {
    private static final ObjectMapper JSON = Json.mapper();
    private static final int NONE = -1;
    /** No data, invalid data format, event is required, event is blank, indexed fields cannot be handled. */
    private static final Set<Integer> ABOUT_AN_EVENT = Set.of(5, 6, 12, 13, 15);

    static HecAnswer of(URI url, int status, Map<String, String> headers, String body) {
        try {
            return new HecAnswer(url, status, headers, body, JSON.readTree(body));
        } catch (JsonProcessingException e) {
            return new HecAnswer(url, status, headers, body, MissingNode.getInstance());
        }
    }

    private int code() {
        return json.path("code").asInt(NONE);
    }

    boolean isSuccess() {
        return status == 200 && code() == 0;
    }

    /** The id to ask later whether the request is indexed. */
    OptionalLong ackId() {
        JsonNode id = json.path("ackId");
        return id.isIntegralNumber() ? OptionalLong.of(id.asLong()) : OptionalLong.empty();
    }

    boolean acknowledges(long ackId) {
        return json.path("acks").path(String.valueOf(ackId)).asBoolean();
    }

    /**
     * The index, from 0, of the event that made the collector refuse the request; empty if it accepted it or named no
     * event.
     */
    OptionalInt refusedEvent(int events) {
        int number = json.path("invalid-event-number").asInt(NONE);
        return status == 400 && ABOUT_AN_EVENT.contains(code()) && number >= 0 && number < events
                ? OptionalInt.of(number)
                : OptionalInt.empty();
    }

    /** The collector's text and code. */
    String text() {
        return "%s (code %d)".formatted(json.path("text").asText(), code());
    }

    /** Whether the same request would fail again. */
    boolean isFinal() {
        return status >= 300 && status < 500 && !Failures.isWorthARetry(status);
    }

    /** The exception for a failure: by its status, except for failures that need a person. */
    Exception failure() {
        boolean aboutEvents = ABOUT_AN_EVENT.contains(code());
        return status == 200 || (status == 400 && !aboutEvents) ? misconfiguration() : withStatus();
    }

    /** The remedy for a failure that needs a person. */
    ConnectorException misconfiguration() {
        HttpOperationFailedException failure = withStatus();
        return new ConnectorException(Failures.describe(failure) + ". " + advice(), failure);
    }

    private HttpOperationFailedException withStatus() {
        return new HttpOperationFailedException(url.toString(), status, null, null, headers, body);
    }

    private String advice() {
        return switch (code()) {
            case 7 -> "Check the index and the indexes that the token may write to.";
            case 10, 11 -> "The token needs a channel: switch acknowledgement on, or set a channel (a UUID).";
            case 14 -> "Switch acknowledgement off, or allow it for the token in Splunk.";
            default -> "Check that the URL is that of an HTTP Event Collector.";
        };
    }
}
