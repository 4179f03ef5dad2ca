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

/** What the collector answered. */
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

    /** Under which the collector tells later whether the request is indexed. */
    OptionalLong ackId() {
        JsonNode id = json.path("ackId");
        return id.isIntegralNumber() ? OptionalLong.of(id.asLong()) : OptionalLong.empty();
    }

    boolean acknowledges(long ackId) {
        return json.path("acks").path(String.valueOf(ackId)).asBoolean();
    }

    /** The event, counted from 0, for which the request was refused; empty when it was not, or not for one that is named. */
    OptionalInt refusedEvent(int events) {
        int number = json.path("invalid-event-number").asInt(NONE);
        return status == 400 && ABOUT_AN_EVENT.contains(code()) && number >= 0 && number < events
                ? OptionalInt.of(number)
                : OptionalInt.empty();
    }

    /** In the collector's words, with its code. */
    String text() {
        return "%s (code %d)".formatted(json.path("text").asText(), code());
    }

    /** Whether the same request would be answered so again, success apart. */
    boolean isFinal() {
        return status >= 300 && status < 500 && !Failures.isWorthARetry(status);
    }

    /** For an answer that is no success: with the meaning of its status, but for those that a person must see to. */
    Exception failure() {
        boolean aboutEvents = ABOUT_AN_EVENT.contains(code());
        return status == 200 || (status == 400 && !aboutEvents) ? misconfiguration() : withStatus();
    }

    /** Says what a person must see to. */
    ConnectorException misconfiguration() {
        HttpOperationFailedException failure = withStatus();
        return new ConnectorException(Failures.describe(failure) + ". " + advice(), failure);
    }

    private HttpOperationFailedException withStatus() {
        return new HttpOperationFailedException(url.toString(), status, null, null, headers, body);
    }

    private String advice() {
        return switch (code()) {
            case 7 -> "Check the index, and which indexes the token may write to.";
            case 10, 11 -> "The token asks for a channel: switch acknowledgement on, or give a channel (a UUID).";
            case 14 -> "Switch acknowledgement off, or allow it for the token in Splunk.";
            default -> "Check that the URL is that of an HTTP Event Collector.";
        };
    }
}
