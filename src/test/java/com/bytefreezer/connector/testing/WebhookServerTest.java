package com.bytefreezer.connector.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.kit.Reply;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookServerTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/x-ndjson | '{\"n\": 1.0}\n{\"n\":[2]}\n'",
                "application/json     | [ {\"n\": 1.0} , {\"n\":[2]} ]",
                "application/json     | {\"records\":[{\"n\": 1.0},{\"n\":[2]}],\"count\":2}"
            })
    void keepsEachRecordAsItWasSent(String contentType, String body) throws Exception {
        try (var webhook = WebhookServer.start()) {
            assertThat(post(webhook, contentType, body).statusCode()).isEqualTo(200);

            assertThat(webhook.records()).containsExactly("{\"n\": 1.0}", "{\"n\":[2]}");
            assertThat(webhook.requests()).singleElement().satisfies(request -> {
                assertThat(request.text()).isEqualTo(body);
                assertThat(request.header("content-type")).contains(contentType);
            });
        }
    }

    @Test
    void refusesABodyWhoseCountIsNotThatOfItsRecords() throws Exception {
        try (var webhook = WebhookServer.start()) {
            var answer = post(webhook, "application/json", "{\"records\":[{\"n\":1}],\"count\":2}");

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(webhook.acceptedRecords()).isZero();
        }
    }

    @Test
    void countsOnlyWhatItAcceptedEvenWhereTheAnswerIsCut() throws Exception {
        try (var webhook =
                WebhookServer.startCounting(10, line -> Long.parseLong(new String(line, StandardCharsets.UTF_8)))) {
            webhook.replyNext(1, Reply.of(503).header("Retry-After", "1"));
            webhook.replyNext(1, Reply.of(200).resetConnection());

            var refused = post(webhook, "application/x-ndjson", "1\n2\n");
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            assertThat(webhook.acceptedRecords()).isZero();
            assertThatThrownBy(() -> post(webhook, "application/x-ndjson", "1\n2\n"))
                    .isInstanceOf(IOException.class);
            post(webhook, "application/x-ndjson", "2\n3\n");

            assertThat(webhook.acceptedRecords()).isEqualTo(4);
            assertThat(webhook.distinctRecords()).isEqualTo(3);
            assertThat(webhook.timesAccepted(2)).isEqualTo(2);
        }
    }

    @Test
    void answersTheNextRequestsFirstThenByConditionThenAsUsual() throws Exception {
        try (var webhook = WebhookServer.start()) {
            webhook.reply(202);
            webhook.replyWhen(request -> request.text().contains("bad"), Reply.of(422));
            webhook.replyNext(1, Reply.of(429));

            assertThat(post(webhook, "application/x-ndjson", "bad").statusCode())
                    .isEqualTo(429);
            assertThat(post(webhook, "application/x-ndjson", "bad").statusCode())
                    .isEqualTo(422);
            assertThat(post(webhook, "application/x-ndjson", "good").statusCode())
                    .isEqualTo(202);
        }
    }

    private HttpResponse<String> post(WebhookServer webhook, String contentType, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(webhook.url())
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
