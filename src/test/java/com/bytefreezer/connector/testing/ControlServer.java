package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The control plane, as far as it hands out the credentials of a dataset and lists services. What is not scripted is not
 * found.
 */
public final class ControlServer extends ScriptedServer {

    private ControlServer(HttpServer server) {
        super(server);
        reply(Reply.of(404, "{\"error\":\"not found\"}"));
    }

    public static ControlServer start() {
        return started(new ControlServer(plain(0)));
    }

    /** Answers a call for the dataset's credentials with those of the S3 server. */
    public void grant(String tenant, String dataset, S3Server server, String bucket) {
        grant(tenant, dataset, credentials(server, bucket, server.secretKey()));
    }

    /** Answers a call for the dataset's credentials so. */
    public void grant(String tenant, String dataset, Reply reply) {
        var path = "/api/v1/tenants/%s/datasets/%s/query-credentials".formatted(tenant, dataset);
        replyWhen(request -> request.method().equals("GET") && request.path().equals(path), reply);
    }

    /** Takes registrations, reports and deregistrations of services. */
    public void accept() {
        replyWhen(request -> request.path().contains("/services/"), Reply.of(200, "{\"success\":true}"));
    }

    /** The bodies of the calls so far that end in {@code last}: register or report. */
    public List<JsonNode> calls(String last) {
        return requests().stream()
                .filter(request -> request.path().endsWith("/services/" + last))
                .map(request -> json(request.text()))
                .toList();
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    /** The body that control sends: the endpoint without a scheme, the key that the caller chose. */
    public static Reply credentials(S3Server server, String bucket, String secretKey) {
        var fields = Map.of(
                "bucket",
                bucket,
                "region",
                "us-east-1",
                "endpoint",
                server.endpoint().getAuthority(),
                "access_key",
                server.accessKey(),
                "secret_key",
                secretKey,
                "use_ssl",
                false,
                "path",
                "");
        try {
            return Reply.of(200, new ObjectMapper().writeValueAsString(fields))
                    .header("Content-Type", "application/json");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The Authorization header of each request so far that had one. */
    public List<String> authorizations() {
        return requests().stream()
                .map(request -> request.header("Authorization"))
                .flatMap(Optional::stream)
                .toList();
    }
}
