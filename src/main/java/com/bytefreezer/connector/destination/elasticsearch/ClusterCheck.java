package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.delivery.Check.Misfit;
import com.bytefreezer.connector.delivery.RecordSample;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.camel.Variable;
import org.apache.http.util.EntityUtils;
import org.elasticsearch.client.Request;
import org.elasticsearch.client.Response;
import org.elasticsearch.client.ResponseException;
import org.elasticsearch.client.RestClient;
import org.jspecify.annotations.Nullable;

/**
 * Asks a cluster for its name and version, and compares the columns of a query with the mapping of the index, with the
 * client of the deliveries.
 */
public final class ClusterCheck {
    private static final int MOST_NAMED = 5;

    private final Cluster cluster;
    private final Bulk bulk;

    public ClusterCheck(Cluster cluster, Bulk bulk) {
        this.cluster = cluster;
        this.bulk = bulk;
    }

    /**
     * Writes nothing.
     *
     * @param sample of the query that would be sent; null for the cluster alone
     * @throws IOException if no node answers
     */
    public Check check(@Variable("sample") @Nullable RecordSample sample) throws IOException {
        try (RestClient client = cluster.client()) {
            Check cluster = check(client);
            return sample == null || !cluster.status().equals("ok")
                    ? cluster
                    : compared(client, sample, cluster.message());
        }
    }

    private Check compared(RestClient client, RecordSample sample, String answers) throws IOException {
        String index = bulk.indexOf(sample);
        IndexMapping mapping = IndexMapping.of(client, index).orElse(null);
        if (mapping == null) {
            return Check.unknown(
                    "%s Its columns were not compared with index %s: the login may see neither its mapping (privilege view_index_metadata) nor, for a new index, its templates (manage_index_templates)."
                            .formatted(answers, index));
        }
        if (!mapping.nobody().isEmpty()) {
            return Check.failed("Every record will be refused: %s.".formatted(mapping.nobody()));
        }
        if (mapping.isStream() && !bulk.creates()) {
            return Check.failed(
                    "Every record will be refused: %s takes only op-type create.".formatted(mapping.where()));
        }
        String pipeline = bulk.pipeline().orElseGet(() -> mapping.setting("index.default_pipeline"));
        if (!pipeline.isEmpty() && !pipeline.equals("_none")) {
            return Check.unknown("%s Its columns were not compared with %s: the pipeline %s may change them."
                    .formatted(answers, mapping.where(), pipeline));
        }
        List<Misfit> refused = new ArrayList<>(Misfits.of(sample, mapping));
        if (mapping.isStream() && !sample.has("@timestamp")) {
            refused.add(0, new Misfit("@timestamp", "a data stream needs this column in every record"));
        }
        if (!refused.isEmpty()) {
            return Check.refused(
                    "%s will refuse records: %s%s. Change the query, or the mapping."
                            .formatted(
                                    mapping.where(),
                                    refused.stream()
                                            .limit(MOST_NAMED)
                                            .map(one -> "column %s (%s)"
                                                    .formatted(PlainText.answer(one.column()), one.reason()))
                                            .collect(Collectors.joining(", ")),
                                    refused.size() > MOST_NAMED
                                            ? " and %d more".formatted(refused.size() - MOST_NAMED)
                                            : ""),
                    refused);
        }
        return Check.ok("%s %s takes the columns of the query%s, as far as %,d records show."
                .formatted(
                        answers,
                        mapping.where(),
                        mapping.complete()
                                ? ""
                                : " (compared by type, because the login may not see the whole mapping)",
                        sample.records().size()));
    }

    private static Check check(RestClient client) throws IOException {
        Response answer = ask(client);
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

    private static Response ask(RestClient client) throws IOException {
        try {
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
