package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import org.apache.http.util.EntityUtils;
import org.elasticsearch.client.Request;
import org.elasticsearch.client.Response;
import org.elasticsearch.client.ResponseException;
import org.elasticsearch.client.RestClient;

/** Asks a cluster for its name and version, with the client of the deliveries. */
public final class ClusterCheck {
    private final Cluster cluster;

    public ClusterCheck(Cluster cluster) {
        this.cluster = cluster;
    }

    /** @throws IOException if no node answers */
    public Check check() throws IOException {
        Response answer = ask();
        int status = answer.getStatusLine().getStatusCode();
        return switch (status) {
            case 200 -> isElasticsearch(EntityUtils.toString(answer.getEntity()));
            case 401 -> Check.failed("401: the cluster refuses the login. Check username and password, or api-key.");
            case 403 ->
                Check.unknown(
                        "The cluster answers and knows the login, but the login may not read the cluster's name. Send the test record.");
            default -> Check.failed("%d instead of 200. Check url.".formatted(status));
        };
    }

    private Response ask() throws IOException {
        try (RestClient client = cluster.client()) {
            return client.performRequest(new Request("GET", "/"));
        } catch (ResponseException e) {
            return e.getResponse();
        }
    }

    private static Check isElasticsearch(String body) {
        String version = version(body);
        return version.isEmpty()
                ? Check.failed("The server that answers is not Elasticsearch. Check url.")
                : Check.ok("Elasticsearch %s answers and accepts the login.".formatted(version));
    }

    private static String version(String body) {
        try {
            return Json.mapper().readTree(body).at("/version/number").asText("");
        } catch (JsonProcessingException e) {
            return "";
        }
    }
}
