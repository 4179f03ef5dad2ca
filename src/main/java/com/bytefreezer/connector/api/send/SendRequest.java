package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.problem.ApiException;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A request to send records.
 *
 * @param from only partitions that start at this time or later; null or {@code all} for all
 * @param to only partitions that start before this time; null for no limit
 * @param type of the destination; empty for the configured one
 * @param config settings of the destination by their short names, replacing the configured ones
 * @param batchSize maximum records of a batch; null for the configured number
 * @param name of the export to be saved
 * @param intervalSeconds of the export to be saved; null for the configured one
 */
public record SendRequest(
        @JsonProperty("tenant_id") String tenant,
        @JsonProperty("dataset_id") String dataset,
        @JsonProperty("sql") String sql,
        @JsonProperty("from") @Nullable String from,
        @JsonProperty("to") @Nullable String to,
        @JsonProperty("destination_type") String type,
        @JsonProperty("destination_config") Map<String, JsonNode> config,
        @JsonProperty("batch_size") @Nullable Integer batchSize,
        @JsonProperty("name") String name,
        @JsonProperty("interval_seconds") @Nullable Integer intervalSeconds) {

    public SendRequest {
        tenant = Objects.requireNonNullElse(tenant, "").strip();
        dataset = Objects.requireNonNullElse(dataset, "").strip();
        sql = Objects.requireNonNullElse(sql, "").strip();
        from = from == null || from.equals("all") ? "" : from;
        to = Objects.requireNonNullElse(to, "");
        type = Objects.requireNonNullElse(type, "").strip();
        config = config == null ? Map.of() : config;
        name = Objects.requireNonNullElse(name, "");
        if (Stream.of(tenant, dataset, sql).anyMatch(String::isEmpty)) {
            throw ApiException.wrong("tenant_id, dataset_id, and sql are required");
        }
        ApiException.requireOneDataset(tenant, dataset);
        if (Stream.of(Objects.requireNonNullElse(batchSize, 1), Objects.requireNonNullElse(intervalSeconds, 1))
                .anyMatch(number -> number < 1)) {
            throw ApiException.wrong("batch_size and interval_seconds must be 1 or more");
        }
    }
}
