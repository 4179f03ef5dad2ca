package com.bytefreezer.connector.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailuresTest {

    static Stream<Arguments> failures() {
        var url = "https://user:pass@siem.example:8443/in/path-token?key=secret";
        return Stream.of(
                arguments(
                        http(url, 403, "token\r\n  refused\n\n"), "403 from https://siem.example:8443 — token refused"),
                arguments(http(url, 503, null), "503 from https://siem.example:8443"),
                arguments(http("http://siem.example/a b?key=secret", 500, ""), "500 from the destination"),
                arguments(http("http://my_siem:80/?key=secret", 500, ""), "500 from http://my_siem:80"),
                arguments(http("http://[::1]:80/?key=secret", 500, ""), "500 from http://[::1]:80"),
                arguments(
                        new RuntimeException("a", new UnknownHostException("siem.example")),
                        "unknown host siem.example"),
                arguments(new SocketTimeoutException("Read timed out"), "no answer in time (Read timed out)"),
                arguments(new ConnectException("refused"), "refused"),
                arguments(new ConnectException(), "no connection"),
                arguments(new SSLHandshakeException("no\ntrust"), "no trust"),
                arguments(new RuntimeException(new ConnectorException("said", new IOException("not"))), "said"),
                arguments(new RuntimeException("outer", new IOException("the\tcause\n\tis")), "the cause is"),
                arguments(new AccessDeniedException("/data/spool"), "permission denied: /data/spool"),
                arguments(new FileAlreadyExistsException("/data/spool"), "it is there already: /data/spool"),
                arguments(new RuntimeException(new IOException()), "IOException"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureIsOneLineWithoutSecrets(Throwable failure, String line) {
        assertThat(Failures.describe(failure)).isEqualTo(line).doesNotContain("\n", "secret", "pass");
    }

    @Test
    void aLongAnswerIsCut() {
        assertThat(Failures.describe(http("http://x", 400, "bad ".repeat(10_000))))
                .hasSizeLessThan(250)
                .endsWith("…");
    }

    private static HttpOperationFailedException http(String url, int status, String body) {
        return new HttpOperationFailedException(url, status, "", null, null, body);
    }
}
