package com.bytefreezer.connector.mcp;

import com.bytefreezer.connector.mcp.Calls.Call;
import com.bytefreezer.connector.mcp.Message.Notification;
import com.bytefreezer.connector.mcp.Message.Request;
import com.bytefreezer.connector.mcp.Message.Wrong;
import io.modelcontextprotocol.spec.HttpHeaders;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.component.platform.http.vertx.HttpMessage;
import org.jspecify.annotations.Nullable;

/**
 * Streamable HTTP without its streams: a POST contains a message, and the answer is JSON. A step of {@code routes/mcp.camel.yaml}. The session that {@code initialize} begins only names the client, so that nobody else can cancel its requests. A client that hangs up cancels, too. Safe for use by several threads.
 */
public final class HttpTransport {
    private final Protocol protocol;

    public HttpTransport(Protocol protocol) {
        this.protocol = protocol;
    }

    /** Answers the request. */
    public void answer(Exchange exchange) {
        org.apache.camel.Message http = exchange.getMessage();
        String version = http.getHeader(HttpHeaders.PROTOCOL_VERSION, String.class);
        String session = http.getHeader(HttpHeaders.MCP_SESSION_ID, String.class);
        byte[] body = http.getBody(byte[].class);
        Message message = version != null && !Protocol.VERSIONS.contains(version)
                ? new Wrong(
                        ErrorCodes.INVALID_REQUEST,
                        "MCP-Protocol-Version must be one of %s.".formatted(String.join(", ", Protocol.VERSIONS)))
                : Message.of(body == null ? new byte[0] : body);
        // Without a session, clients cannot be distinguished.
        String client = session == null ? UUID.randomUUID().toString() : session;
        byte[] answer = answer(message, client, http);
        http.removeHeaders("*");
        http.setHeader(
                Exchange.HTTP_RESPONSE_CODE, message instanceof Wrong ? 400 : message instanceof Request ? 200 : 202);
        if (message instanceof Request request && request.begins()) {
            http.setHeader(HttpHeaders.MCP_SESSION_ID, UUID.randomUUID().toString());
        }
        if (answer != null) {
            http.setHeader(Exchange.CONTENT_TYPE, "application/json");
        }
        http.setBody(answer);
    }

    private byte @Nullable [] answer(Message message, String client, org.apache.camel.Message http) {
        if (message instanceof Request request) {
            Call call = protocol.begin(request, client);
            onHangup(http, call::cancel);
            byte[] answer = protocol.answer(request, call);
            return answer == null
                    ? Message.error(request.call().id(), ErrorCodes.INVALID_REQUEST, "The request was cancelled.")
                    : answer;
        }
        if (message instanceof Notification notification) {
            protocol.note(notification, client);
            return null;
        }
        return ((Wrong) message).answer();
    }

    private static void onHangup(org.apache.camel.Message in, Runnable cancel) {
        if (in instanceof HttpMessage http) {
            http.getResponse().closeHandler(closed -> cancel.run());
        }
    }
}
