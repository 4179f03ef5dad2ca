package com.bytefreezer.connector.receive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.spool.Spool;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PushesTest {
    private static final byte[] EVENTS = "{\"a\":1}\n{\"a\":2}\nx\n".getBytes(UTF_8);
    private static final int MOST = 5_000;

    @TempDir
    private Path folder;

    private Spool spool;
    private final Map<DatasetName, Intake> intakes = new HashMap<>();
    private final Pushes pushes = new Pushes(
            List.of(feed("one", "acme", "web, auth", "token-of-acme"), feed("two", "beta", "*", "token-of-beta")),
            name -> intakes.computeIfAbsent(
                    name, one -> Intake.open(spool.dataset(one.tenant(), one.dataset()), Clock.systemUTC())),
            new Budget(1_000_000));

    @BeforeEach
    void open() {
        spool = Spool.open(folder, MOST * 3L);
    }

    @AfterEach
    void close() {
        spool.close();
    }

    @Test
    void whatIsAnsweredIsOnDiskAndRepeatsAreStoredOnce() throws IOException {
        Map<String, String> headers = headers("token-of-acme", "X-Proxy-Batch-ID", "b1");
        assertThat(take("/acme/web", headers, EVENTS)).isEqualTo(new Stored("one", 18, 3, 1, false));
        assertThat(take("/webhook/acme/web", headers, EVENTS)).isEqualTo(new Stored("one", 18, 3, 1, true));
        assertThat(take("/acme/web", headers("token-of-acme", "Idempotency-Key", "b2"), EVENTS)
                        .repeated())
                .isFalse();
        assertThat(received("acme", "web")).isEqualTo(6);
        assertThat(take("/beta/a%20b%2bc+d", headers("token-of-beta"), EVENTS).lines())
                .isEqualTo(3);
        assertThat(received("beta", "a b+c+d")).isEqualTo(3);
        assertThat(take("/webhook/beta", headers("token-of-acme"), new byte[0], 404))
                .isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "none", textBlock = """
                    /acme/web,     none,          401
                    /acme/web,     wrong,         401
                    /acme/nothing, none,          401
                    /acme/nothing, token-of-acme, 404
                    /beta/web,     token-of-acme, 404
                    /acme/web,     token-of-beta, 404
                    /acme,         token-of-acme, 404
                    /acme/web/x,   token-of-acme, 404
                    acme/web,      token-of-acme, 404
                    /beta/..,      token-of-beta, 404
                    /beta/a%2fb,   token-of-beta, 404
                    /beta/a%0ab,   token-of-beta, 404
                    /beta/%zz,     token-of-beta, 404
                    /beta/,        token-of-beta, 404
                    """)
    void aSenderReachesOnlyTheDatasetsOfItsToken(String path, String token, int status) {
        assertThat(take(path, headers(token), EVENTS, status)).isNotEmpty();
        assertThat(spool.datasets()).isEmpty();
    }

    @Test
    void gzipIsUnpackedUpToALimit() throws IOException {
        Map<String, String> headers = headers("token-of-acme", "Content-Encoding", "GZip");
        assertThat(take("/acme/web", headers, gzip(EVENTS))).isEqualTo(new Stored("one", 18, 3, 1, false));
        // Several members in one body are one stream.
        byte[] twice = new ByteArrayOutputStream() {
            {
                writeBytes(gzip(EVENTS));
                writeBytes(gzip(EVENTS));
            }
        }.toByteArray();
        assertThat(take("/acme/web", headers, twice).lines()).isEqualTo(6);
        assertThat(take("/acme/web", headers, gzip(" ".repeat(1_000_000).getBytes(UTF_8)), 413))
                .isEqualTo("The body unpacks to more than 10,000 bytes.");
        byte[] half = Arrays.copyOf(gzip(EVENTS), 20);
        for (byte[] broken : List.of(half, EVENTS, new byte[0])) {
            assertThat(take("/acme/web", headers, broken, 400)).isEqualTo("The body is not complete gzip.");
        }
        assertThat(take("/acme/web", headers("token-of-acme", "Content-Encoding", "br"), EVENTS, 415))
                .isNotEmpty();
        assertThat(received("acme", "web")).isEqualTo(9);
    }

    @Test
    void whatIsRefusedIsNotStoredInPart() {
        Map<String, String> headers = headers("token-of-acme");
        byte[] tooLong = "{\"a\":1}\n".repeat(MOST / 8 + 1).getBytes(UTF_8);
        assertThat(take("/acme/web", headers, tooLong, 413)).isEqualTo("The body has more than 5,000 bytes.");
        for (String none : List.of("", "\n\n", " \r\n", "\ufeff", "[]")) {
            assertThat(take("/acme/web", headers, none.getBytes(UTF_8), 400)).isEqualTo("The body has no events.");
        }
        InputStream brokenOff = new InputStream() {
            private int at;

            @Override
            public int read() throws IOException {
                if (at == EVENTS.length) {
                    throw new IOException("the sender hung up");
                }
                return EVENTS[at++];
            }
        };
        assertThatThrownBy(() -> pushes.take(new Push("/acme/web", headers, brokenOff)))
                .hasMessage("the sender hung up");
        assertThat(received("acme", "web")).isZero();
    }

    @Test
    void aHintTellsTheFormatWhereTheFeedDoesNot() throws IOException {
        byte[] object = "{\"a\":1}".getBytes(UTF_8);
        take("/acme/web", headers("token-of-acme", "X-Proxy-Data-Hint", "Text"), object);
        assertThat(intakes.get(new DatasetName("acme", "web")).shape().columns())
                .containsOnlyKeys("message");
        take("/acme/web", headers("token-of-acme", "X-Proxy-Data-Hint", "sflow"), object);
        assertThat(intakes.get(new DatasetName("acme", "web")).shape().columns())
                .containsOnlyKeys("message", "a");
    }

    @Test
    void aFullSpoolIsNoFaultOfTheSender() throws IOException {
        byte[] large = "{\"a\":\"%s\"}".formatted("x".repeat(MOST - 100)).getBytes(UTF_8);
        Map<String, String> headers = headers("token-of-acme");
        for (int i = 0; i < 3; i++) {
            take("/acme/web", headers, large);
        }
        assertThatThrownBy(() -> take("/acme/web", headers, large)).isInstanceOf(ConnectorException.class);
        assertThat(received("acme", "web")).isEqualTo(3);
    }

    private Stored take(String path, Map<String, String> headers, byte[] body) throws IOException {
        return pushes.take(new Push(path, headers, new ByteArrayInputStream(body)));
    }

    /** The message of a refusal. */
    private String take(String path, Map<String, String> headers, byte[] body, int status) {
        try {
            throw new AssertionError("taken: " + take(path, headers, body));
        } catch (ApiException e) {
            assertThat(e.status()).as(e.getMessage()).isEqualTo(status);
            return String.valueOf(e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long received(String tenant, String dataset) {
        return spool.dataset(tenant, dataset).counts().received();
    }

    private static HttpFeed feed(String name, String tenant, String datasets, String token) {
        return new HttpFeed(
                name, DatasetChoice.of(tenant, datasets), Format.AUTO, Optional.of(token), MOST, MOST * 2, 1_000_000);
    }

    private static Map<String, String> headers(String token, String... more) {
        Map<String, String> headers = new HashMap<>();
        if (token != null) {
            headers.put("authorization", "Bearer " + token);
        }
        for (int i = 0; i < more.length; i += 2) {
            headers.put(more[i].toLowerCase(java.util.Locale.ROOT), more[i + 1]);
        }
        return headers;
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
