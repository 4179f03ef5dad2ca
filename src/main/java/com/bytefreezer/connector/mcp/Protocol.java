package com.bytefreezer.connector.mcp;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.Tool;
import com.bytefreezer.connector.mcp.Calls.Call;
import com.bytefreezer.connector.mcp.Message.Notification;
import com.bytefreezer.connector.mcp.Message.Request;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Secrets;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator.ValidationResponse;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpStatelessServerHandler;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;
import io.modelcontextprotocol.spec.ProtocolVersions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Answers the messages of clients over any transport. Each message stands for itself; only requests that are being answered are remembered. Safe for use by several threads.
 */
public final class Protocol implements CamelContextAware {
    /** Clients with an unknown version get the last one. */
    static final List<String> VERSIONS = List.of(
            ProtocolVersions.MCP_2024_11_05,
            ProtocolVersions.MCP_2025_03_26,
            ProtocolVersions.MCP_2025_06_18,
            ProtocolVersions.MCP_2025_11_25);

    private static final Logger LOG = LoggerFactory.getLogger(Protocol.class);
    private static final String WRONG_PARAMS = "These are not the params of %s.";

    private final Settings settings;
    private final Secrets secrets;
    private final Calls calls;
    /** Those of the routes that were loaded, whatever becomes of their files. */
    private final List<Tool> tools;

    private @Nullable CamelContext camel;
    private @Nullable McpStatelessServerHandler handler;

    /** @param watchdog of the queries that tools run */
    public Protocol(Settings settings, Secrets secrets, Watchdog watchdog) {
        this.settings = settings;
        this.secrets = secrets;
        calls = new Calls(watchdog);
        boolean mayExport = settings.optional("mcp.allow").isPresent();
        tools = settings.routes().tools().stream()
                .filter(tool -> tool.reads() || mayExport)
                .toList();
    }

    @Override
    public @Nullable CamelContext getCamelContext() {
        return camel;
    }

    @Override
    public void setCamelContext(CamelContext context) {
        camel = context;
    }

    /**
     * From now on the request can be cancelled.
     *
     * @param client the sender; nobody else can cancel it
     */
    Call begin(Request request, String client) {
        return calls.begin(client, request.call().id());
    }

    /**
     * Answers a request; may take long.
     *
     * @param begun the same request; is closed
     * @return null if it was cancelled
     */
    byte @Nullable [] answer(Request request, Call begun) {
        JSONRPCRequest asked = request.call();
        try (Call call = begun) {
            if (call.isCancelled()) {
                return null;
            }
            JSONRPCResponse answer = Objects.requireNonNull(handler()
                    .handleRequest(McpTransportContext.create(Map.of(Tools.CALL, call)), asked)
                    .block());
            if (call.isCancelled()) {
                return null;
            }
            JSONRPCError error = answer.error();
            if (error == null) {
                return Message.JSON.writeValueAsBytes(answer);
            }
            return error.code() == ErrorCodes.INTERNAL_ERROR
                    // The SDK's message is about Java.
                    ? wrongParams(asked)
                    // Others repeat what the client has sent, however long.
                    : Message.error(asked.id(), error.code(), PlainText.line(error.message()));
        } catch (IllegalArgumentException e) {
            // The message of Jackson.
            LOG.debug("MCP, {}", asked.method(), e);
            return wrongParams(asked);
        } catch (IOException | RuntimeException e) {
            LOG.error(
                    "MCP, {}: {} The request was not answered.",
                    PlainText.answer(asked.method()),
                    Failures.describe(e),
                    e);
            return Message.error(asked.id(), ErrorCodes.INTERNAL_ERROR, "The request cannot be answered.");
        }
    }

    private static byte[] wrongParams(JSONRPCRequest asked) {
        return Message.error(
                asked.id(), ErrorCodes.INVALID_PARAMS, WRONG_PARAMS.formatted(PlainText.answer(asked.method())));
    }

    /** Handles a message that needs no answer. */
    void note(Notification notification, String client) {
        if (notification.cancels()) {
            calls.cancel(client, notification.cancelled());
        }
    }

    /** Cancels all requests that are being answered. */
    void cancelAll() {
        calls.cancelAll();
    }

    /** Created with the first message, because by then the routes exist. */
    private synchronized McpStatelessServerHandler handler() {
        McpStatelessServerHandler known = handler;
        return known == null ? make() : known;
    }

    private McpStatelessServerHandler make() {
        try {
            Tools callable = new Tools(tools, secrets, Objects.requireNonNull(camel));
            Resources resources = new Resources(settings, callable);
            McpServer.sync(new Handover())
                    .serverInfo(McpSchema.Implementation.builder("bytefreezer-connector", "1")
                            .title("ByteFreezer Connector")
                            .build())
                    .instructions(Prompts.text("instructions"))
                    .capabilities(ServerCapabilities.builder()
                            .tools(false)
                            .resources(false, false)
                            .prompts(false)
                            .build())
                    .jsonMapper(new JacksonMcpJsonMapper(Message.JSON))
                    // Tools check their arguments themselves, and tests their answers.
                    .validateToolInputs(false)
                    .jsonSchemaValidator((schema, content) -> ValidationResponse.asValid(""))
                    // Runs in the thread of the request.
                    .immediateExecution(true)
                    .tools(callable.specifications())
                    .resources(resources.all())
                    .resourceTemplates(resources.templates())
                    .prompts(Prompts.all())
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Objects.requireNonNull(handler);
    }

    /** The SDK asks for handlers in this form. */
    private final class Handover implements McpStatelessServerTransport {
        @Override
        public void setMcpHandler(McpStatelessServerHandler made) {
            handler = made;
        }

        @Override
        public List<String> protocolVersions() {
            return VERSIONS;
        }

        @Override
        public Mono<Void> closeGracefully() {
            return Mono.empty();
        }
    }
}
