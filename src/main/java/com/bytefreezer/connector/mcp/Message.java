package com.bytefreezer.connector.mcp;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One message of JSON-RPC from a client. */
sealed interface Message {
    ObjectMapper JSON = Json.mapper();
    /** Otherwise it would ignore what follows a message. */
    ObjectReader WHOLE = JSON.reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** It waits for an answer. */
    record Request(JSONRPCRequest call) implements Message {
        boolean begins() {
            return call.method().equals(McpSchema.METHOD_INITIALIZE);
        }
    }

    /** It needs no answer: a notification, or an answer to a request that was never sent. */
    record Notification(String method, JsonNode params) implements Message {
        private static final String CANCELLED = "notifications/cancelled";

        /** Whether it cancels the request {@link #cancelled}. */
        boolean cancels() {
            return method.equals(CANCELLED);
        }

        Object cancelled() {
            return id(params.path("requestId"));
        }
    }

    /** It is invalid; contains the error for its sender. */
    record Wrong(byte[] answer) implements Message {
        Wrong(int code, String what) {
            this(error(null, code, what));
        }
    }

    /** Reads a message. */
    static Message of(byte[] text) {
        JsonNode read;
        try {
            read = WHOLE.readTree(text);
        } catch (IOException e) {
            return new Wrong(ErrorCodes.PARSE_ERROR, "This is not one message in JSON.");
        }
        if (read.isArray()) {
            return new Wrong(ErrorCodes.INVALID_REQUEST, "Batches are not supported. Send each message by itself.");
        }
        if (!read.path("jsonrpc").asText().equals(McpSchema.JSONRPC_VERSION)) {
            return new Wrong(ErrorCodes.INVALID_REQUEST, "This is not a message of JSON-RPC 2.0.");
        }
        JsonNode id = read.path("id");
        JsonNode method = read.path("method");
        JsonNode params = read.path("params");
        if (method.isMissingNode() && (read.has("result") || read.has("error"))) {
            return new Notification("", params);
        }
        if (!method.isTextual()
                || !(id.isMissingNode() || id.isTextual() || isNumber(id))
                || !(params.isMissingNode() || params.isObject())) {
            return new Wrong(
                    ErrorCodes.INVALID_REQUEST,
                    "A request has a method, an id that is a text or a whole number, and params that are an object.");
        }
        return id.isMissingNode()
                ? new Notification(method.asText(), params)
                : new Request(new JSONRPCRequest(
                        method.asText(),
                        id(id),
                        params.isMissingNode() ? Map.of() : JSON.convertValue(params, Map.class)));
    }

    private static boolean isNumber(JsonNode id) {
        return id.isIntegralNumber() && id.canConvertToLong();
    }

    private static Object id(JsonNode id) {
        return isNumber(id) ? id.numberValue() : id.asText();
    }

    /** @param id null if it is unknown */
    static byte[] error(@Nullable Object id, int code, String what) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("jsonrpc", McpSchema.JSONRPC_VERSION);
        answer.put("id", id);
        answer.put("error", Map.of("code", code, "message", what));
        try {
            return JSON.writeValueAsBytes(answer);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
