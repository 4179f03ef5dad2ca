package com.bytefreezer.connector.mcp;

import com.bytefreezer.connector.config.Tool;
import com.bytefreezer.connector.http.ApiFailure;
import com.bytefreezer.connector.mcp.Calls.Call;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tools: their description for clients, and the way to call them. Safe for use by several threads. */
final class Tools {
    /** The key of a request's {@link Call} in its context. */
    static final String CALL = "call";
    /** The remark of a route about a truncated answer. */
    private static final String WHEN_TRUNCATED = "whenTruncated";
    /** The argument that asks for longer texts. */
    private static final String MAX_BYTES = "max_bytes";

    private static final Logger LOG = LoggerFactory.getLogger(Tools.class);
    private static final ObjectMapper JSON = Json.mapper();

    private final Secrets secrets;
    private final CamelContext camel;
    private final List<Tool> all;

    /** @param all the tools that may be called */
    Tools(List<Tool> all, Secrets secrets, CamelContext camel) {
        this.all = all;
        this.secrets = secrets;
        this.camel = camel;
    }

    List<SyncToolSpecification> specifications() throws IOException {
        Schemas schemas = new Schemas();
        return all.stream()
                .map(tool -> new SyncToolSpecification(
                        McpSchema.Tool.builder(tool.name(), Schemas.input(tool))
                                .description(tool.description())
                                .outputSchema(schemas.output(tool))
                                .annotations(annotations(tool))
                                .build(),
                        (context, request) -> call(tool, request.arguments(), context)))
                .toList();
    }

    /** A tool that does more than read may reach a destination. No tool removes undelivered data. */
    private static ToolAnnotations annotations(Tool tool) {
        return ToolAnnotations.builder()
                .readOnlyHint(tool.reads())
                .destructiveHint(false)
                .idempotentHint(tool.reads())
                .openWorldHint(!tool.reads())
                .build();
    }

    /** Calls a tool by its name, as a client does. */
    CallToolResult call(String name, Map<String, Object> arguments, McpTransportContext context) {
        return call(
                all.stream()
                        .filter(tool -> tool.name().equals(name))
                        .findFirst()
                        .orElseThrow(),
                arguments,
                context);
    }

    private CallToolResult call(Tool tool, @Nullable Map<String, Object> given, McpTransportContext context) {
        try {
            Map<String, Object> arguments = tool.complete(given == null ? Map.of() : given);
            Exchange answer = ask(tool, arguments, context.get(CALL) instanceof Call call ? call : null);
            if (answer.getException() != null) {
                throw answer.getException();
            }
            int longest = arguments.get(MAX_BYTES) instanceof Number number ? number.intValue() : 0;
            return new Answer(secrets, longest)
                    .of(
                            Objects.requireNonNullElse(answer.getMessage().getBody(), Map.of()),
                            Objects.requireNonNullElse(answer.getVariable(WHEN_TRUNCATED, String.class), ""));
        } catch (Exception e) {
            ApiFailure failure = ApiFailure.of(e);
            if (failure.status() == 500) {
                LOG.error("MCP, tool {}: {} The call was not answered.", tool.name(), failure.reason(), e);
            }
            return Answer.error(failure.reason());
        }
    }

    /** Calls the route as the API does: the body has the arguments as JSON, and each argument is also a header. */
    private Exchange ask(Tool tool, Map<String, Object> arguments, @Nullable Call call) throws IOException {
        String body = JSON.writeValueAsString(arguments);
        try (ProducerTemplate template = camel.createProducerTemplate()) {
            return template.request(Tool.ROUTE + tool.name(), exchange -> {
                exchange.setVariable("arguments", arguments);
                Message in = exchange.getMessage();
                in.setBody(body);
                arguments.forEach((name, value) -> in.setHeader(name, header(value)));
                if (call != null) {
                    in.setHeader("query_id", call.queryId());
                }
            });
        }
    }

    private static String header(Object value) {
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                : String.valueOf(value);
    }
}
