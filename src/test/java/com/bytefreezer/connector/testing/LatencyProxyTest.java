package com.bytefreezer.connector.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LatencyProxyTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void holdsEveryAnswerBackAndChangesNothingInIt() throws Exception {
        var delay = Duration.ofMillis(50);
        try (var server = ScriptedServer.start();
                var proxy = LatencyProxy.start(server.url(), delay)) {
            var large = "0123456789".repeat(1_000_000);
            server.reply(Reply.of(200, large));

            var before = System.nanoTime();
            assertThat(get(proxy.endpoint()).body()).isEqualTo(large);

            var took = Duration.ofNanos(System.nanoTime() - before);
            assertThat(took).isGreaterThanOrEqualTo(delay);
        }
    }

    @Test
    void refusesConnectionsFromCutToHeal() throws Exception {
        try (var server = ScriptedServer.start();
                var proxy = LatencyProxy.start(server.url(), Duration.ZERO)) {
            assertThat(get(proxy.endpoint()).statusCode()).isEqualTo(200);

            proxy.cut();
            assertThatThrownBy(() -> get(proxy.endpoint())).isInstanceOf(IOException.class);
            assertThat(server.requests()).hasSize(1);

            proxy.heal();
            assertThat(get(proxy.endpoint()).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void cutBreaksARequestUnderWay() {
        try (var server = ScriptedServer.start();
                var proxy = LatencyProxy.start(server.url(), Duration.ZERO)) {
            server.reply(Reply.of(200).after(Duration.ofMinutes(1)));
            var answer = client.sendAsync(
                    HttpRequest.newBuilder(proxy.endpoint()).build(), HttpResponse.BodyHandlers.ofString());
            Await.until("the request arrives", () -> server.requests().size() == 1);

            proxy.cut();

            assertThat(answer).failsWithin(Duration.ofSeconds(50));
        }
    }

    private HttpResponse<String> get(URI url) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
    }
}
