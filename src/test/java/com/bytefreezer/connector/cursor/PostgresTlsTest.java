package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cursor's store by TLS, with a server that is real and has a certificate for {@code localhost}. */
@Tag("slow")
class PostgresTlsTest {
    /** The address of this machine, in a spelling that does not show that it is. */
    private static final String ELSEWHERE = "2130706433";

    @TempDir
    private static Path folder;

    private static Certificates certificates;
    private static PostgresServer server;

    @BeforeAll
    static void start() throws Exception {
        certificates = new Certificates(Files.createDirectory(folder.resolve("ours")));
        certificates.sign("server", "dns:localhost");
        server = PostgresServer.startWithTls(
                Files.readString(certificates.certificate("server")), Files.readString(certificates.key("server")));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void requireEncryptsAndAServerElsewhereIsAskedForIt() throws Exception {
        assertThat(isEncrypted(server.url() + "?sslmode=require")).isTrue();
        assertThat(isEncrypted(server.url(ELSEWHERE))).isTrue();
        assertThat(isEncrypted(server.url(ELSEWHERE) + "?sslmode=disable")).isFalse();
    }

    @Test
    void verifyFullTakesTheRightHostAndAuthorityOnly() throws Exception {
        String ours = "?sslmode=verify-full&sslrootcert=" + certificates.certificate("ca");
        Certificates others = new Certificates(Files.createDirectory(folder.resolve("theirs")));
        String theirs = "?sslmode=verify-full&sslrootcert=" + others.certificate("ca");

        assertThat(isEncrypted(server.url("localhost") + ours)).isTrue();
        assertRefused(server.url("127.0.0.1") + ours, "could not be verified");
        assertRefused(server.url("localhost") + theirs, "SSL error");
    }

    @Test
    void aServerElsewhereWithoutTlsGetsNoPassword() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<byte[]> heard = CompletableFuture.supplyAsync(() -> refuseTls(plain));
            assertRefused(
                    "jdbc:postgresql://%s:%d/postgres".formatted(ELSEWHERE, plain.getLocalPort()),
                    "does not support SSL");
            assertThat(heard.get()).as("the request for TLS").hasSize(8);
        }
    }

    private static byte[] refuseTls(ServerSocket plain) {
        try (Socket client = plain.accept()) {
            byte[] request = client.getInputStream().readNBytes(8);
            client.getOutputStream().write('N');
            byte[] more = client.getInputStream().readAllBytes();
            return more.length == 0 ? request : more;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertRefused(String url, String reason) {
        assertThatThrownBy(() -> at(url))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining(": cannot be opened (")
                .hasMessageContaining(reason)
                .hasMessageNotContaining(PostgresServer.PASSWORD)
                .hasMessageNotContaining("\n");
    }

    private static boolean isEncrypted(String url) throws SQLException {
        Store store = at(url);
        try {
            return store.read(
                            sql -> sql.first("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", Sql.Row::flag))
                    .orElseThrow();
        } finally {
            store.close();
        }
    }

    private static Store at(String url) {
        return new PostgresAddress(url, Optional.of(PostgresServer.USERNAME), Optional.of(PostgresServer.PASSWORD), 60)
                .open();
    }
}
