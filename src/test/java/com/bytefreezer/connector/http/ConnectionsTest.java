package com.bytefreezer.connector.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.RawHttp;
import com.bytefreezer.connector.testing.TestSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients do with connections, on a server that waits for a second at most. */
@Tag("slow")
class ConnectionsTest {
    private static final String HEALTH = "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final int LARGE = 8 * 1024 * 1024;

    @TempDir
    private Path folder;

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicInteger hanging = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private final List<RawHttp> held = new ArrayList<>();
    private int port;

    private void serve(int most) throws Exception {
        port = HttpServer.start(
                        camel,
                        TestSettings.over(folder, Map.of()),
                        Optional::empty,
                        0,
                        new Connections(most, Duration.ofSeconds(1)))
                .port();
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("platform-http:/hang").process(exchange -> {
                    hanging.incrementAndGet();
                    released.await();
                });
                from("platform-http:/large").process(exchange -> {
                    asked.incrementAndGet();
                    exchange.getMessage().removeHeaders("*");
                    exchange.getMessage().setBody(new byte[LARGE]);
                });
            }
        });
    }

    @BeforeEach
    void begin() throws Exception {
        serve(80);
    }

    @AfterEach
    void end() throws Exception {
        released.countDown();
        for (RawHttp connection : held) {
            connection.close();
        }
        camel.close();
    }

    private int statusOfHealth() {
        try {
            return RawHttp.once(port, HEALTH).status();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** More than twice what a client has. */
    private void letTimePass() throws IOException {
        for (int i = 0; i < 3; i++) {
            assertThat(connect().readToEnd()).isEmpty();
        }
    }

    private static boolean canSend(RawHttp connection) {
        try {
            connection.send("x");
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private RawHttp connect() throws IOException {
        return connect(64 * 1024);
    }

    private RawHttp connect(int receiveBuffer) throws IOException {
        RawHttp connection = new RawHttp(port, receiveBuffer);
        held.add(connection);
        return connection;
    }

    @Test
    void untilTheRoutesHaveStartedAndWhenTheyStopClientsComeAgain() throws Exception {
        for (String path : List.of("/api/v1/health", "/api/v1/ready", "/", "/large", "/nothing")) {
            RawHttp.Answer answer = RawHttp.once(port, HEALTH.replace("/api/v1/health", path));
            assertThat(answer.status()).as(path).isEqualTo(503);
            assertThat(answer.header("Retry-After")).isEqualTo("1");
        }
        camel.start();
        assertThat(RawHttp.once(port, HEALTH).text()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(RawHttp.once(port, HEALTH.replace("/api/v1/health", "/large"))
                        .body())
                .hasSize(LARGE);
        RawHttp waits = connect();
        waits.send(HEALTH.replace("/api/v1/health", "/hang"));
        Await.until("the request to be worked on", () -> hanging.get() == 1);
        Thread stop = new Thread(camel::stop);
        stop.start();
        Await.until("503", () -> statusOfHealth() == 503);
        released.countDown();
        assertThat(waits.read().status()).isEqualTo(204);
        stop.join();
    }

    @Test
    void probesAndThePageAreAnsweredWhileEachWorkerHangs() throws Exception {
        camel.start();
        for (int i = 0; i < 70; i++) {
            connect().send(HEALTH.replace("/api/v1/health", "/hang"));
        }
        Await.until("all workers to hang", () -> hanging.get() == 64);
        assertThat(RawHttp.once(port, HEALTH).status()).isEqualTo(200);
        assertThat(RawHttp.once(port, HEALTH.replace("health", "ready")).text()).isEqualTo("{\"status\":\"ready\"}");
        assertThat(RawHttp.once(port, HEALTH.replace("/api/v1/health", "/assets/app.js"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void whatSaysNothingOrDripsOrBreaksOffIsEnded() throws Exception {
        camel.start();
        RawHttp silent = connect();
        RawHttp half = connect();
        half.send("GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-");
        RawHttp body = connect();
        body.send(
                "POST /large HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
        RawHttp idle = connect();
        idle.send(HEALTH);
        assertThat(idle.read().status()).isEqualTo(200);
        RawHttp drips = connect();
        drips.send("GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-Drip: ");
        Await.until("the end of what drips", () -> !canSend(drips));
        for (RawHttp ended : List.of(silent, half, body, idle)) {
            assertThat(ended.readToEnd()).isEmpty();
        }
        assertThat(asked.get()).isZero();
        assertThat(RawHttp.once(port, HEALTH).status()).isEqualTo(200);
    }

    @Test
    void anAnswerMayTakeItsTimeAndItsReaderMayNot() throws Exception {
        camel.start();
        RawHttp waits = connect();
        waits.send(HEALTH.replace("/api/v1/health", "/hang"));
        RawHttp reads = connect(4 * 1024);
        reads.send(HEALTH.replace("/api/v1/health", "/large"));
        Await.until("the answer", () -> asked.get() == 1);
        letTimePass();
        released.countDown();
        assertThat(waits.read().status()).isEqualTo(204);
        assertThat(reads.readToEnd()).hasSizeLessThan(LARGE);
    }

    @Test
    void aFloodOfSilentConnectionsLetsRequestsThrough() throws Exception {
        camel.start();
        RawHttp waits = connect();
        waits.send(HEALTH.replace("/api/v1/health", "/hang"));
        Await.until("the request to be worked on", () -> hanging.get() == 1);
        for (int i = 0; i < 300; i++) {
            connect().send("GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-");
            if (i % 50 == 0) {
                assertThat(RawHttp.once(port, HEALTH).status()).isEqualTo(200);
            }
        }
        assertThat(held.get(1).readToEnd()).isEmpty();
        released.countDown();
        assertThat(waits.read().status()).isEqualTo(204);
    }

    @Test
    void requestsInOneGoAreAnsweredOneByOneInTheirOrder() throws Exception {
        camel.start();
        RawHttp connection = connect();
        String icon = HEALTH.replace("/api/v1/health", "/assets/icon.svg");
        connection.send((HEALTH + icon).repeat(15));
        for (int i = 0; i < 15; i++) {
            assertThat(connection.read().header("Content-Type")).isEqualTo("application/json");
            assertThat(connection.read().header("Content-Type")).isEqualTo("image/svg+xml");
        }
        RawHttp many = connect(4 * 1024);
        many.send(HEALTH.replace("/api/v1/health", "/large").repeat(20));
        Await.until("an answer", () -> asked.get() == 1);
        letTimePass();
        assertThat(many.readToEnd()).hasSizeLessThan(LARGE);
        assertThat(asked.get()).isEqualTo(1);
    }
}
