package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;

/** What Amazon Data Firehose sends to an HTTP endpoint: records in base64, each with any text. */
final class Firehose {
    private static final String REQUEST = "x-amz-firehose-request-id";

    private Firehose() {}

    /** By which it would send the same again; empty if it is not Firehose. */
    static Optional<String> request(Push push) {
        return push.header(REQUEST);
    }

    /** Adds the events of the records. */
    static void read(byte[] body, String request, HttpFeed feed, Format format, EventBatch batch, Budget.Share memory) {
        JsonNode records;
        try {
            records = Json.mapper().readTree(body).path("records");
        } catch (IOException e) {
            throw ApiException.wrong("The body is no request of Firehose: it is no JSON.");
        }
        if (!records.isArray()) {
            throw ApiException.wrong("The body is no request of Firehose: it has no records.");
        }
        long left = feed.mostUnpacked();
        for (int i = 0; i < records.size(); i++) {
            byte[] data = data(records.get(i));
            AwsBody content = AwsBody.of(data, format, (int) Math.max(0, left));
            left -= content.bytes().length;
            String place = "request %s of Firehose, record %d".formatted(request, i + 1);
            content.piece("", () -> place).addTo(batch, feed.longestLine());
            memory.hold(3L * body.length + batch.size());
        }
    }

    private static byte[] data(JsonNode record) {
        try {
            return Base64.getDecoder().decode(record.path("data").asText());
        } catch (IllegalArgumentException e) {
            throw ApiException.wrong("The body is no request of Firehose: its data is not in base64.");
        }
    }
}
