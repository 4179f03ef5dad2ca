package com.bytefreezer.connector.input.queue;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.net.Tls;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.FeedSender;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;

/** How a feed connects to NATS, by its parameters. */
final class NatsOptions {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private NatsOptions() {}

    /** Opens the stream and the consumer of a feed. */
    static Source.Opener opener(FeedDefinition feed) {
        return () -> {
            Connection connection = connect(feed);
            try {
                return NatsSource.open(
                        connection, feed.parameter("stream"), feed.parameter("consumer"), feed.parameter("subject"));
            } catch (Exception e) {
                connection.close();
                throw e;
            }
        };
    }

    /** Opens what sends to the stream of a feed. */
    static FeedSender sender(FeedDefinition feed) throws IOException, JetStreamApiException, InterruptedException {
        Connection connection = connect(feed);
        try {
            return NatsSender.open(feed, connection);
        } catch (IOException | JetStreamApiException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static Connection connect(FeedDefinition feed) throws IOException, InterruptedException {
        AtomicReference<Exception> reason = new AtomicReference<>();
        Options.Builder options = new Options.Builder()
                .servers(feed.parameter("servers").split("\\s*,\\s*"))
                // A certificate is for the name that is written down.
                .noResolveHostnames()
                .ignoreDiscoveredServers()
                .connectionName("bytefreezer-connector " + feed.name())
                .connectionTimeout(TIMEOUT)
                .pingInterval(TIMEOUT)
                // The consumer connects again, and says so.
                .noReconnect()
                .errorListener(new ErrorListener() {
                    @Override
                    public void exceptionOccurred(Connection connection, Exception e) {
                        reason.set(e);
                    }
                });
        String username = feed.parameter("username");
        char[] password = feed.parameter("password").toCharArray();
        if (!username.isEmpty()) {
            options.userInfo(username.toCharArray(), password);
        } else if (password.length > 0) {
            options.token(password);
        }
        if (!feed.parameter("credentials-file").isEmpty()) {
            options.authHandler(NatsCredentials.read(feed.parameter("credentials-file")));
        }
        if (feed.parameter("servers").contains("tls://")
                || !feed.parameter("ca-file").isEmpty()) {
            options.sslContext(tls(feed)).dataPortType(VerifyingDataPort.class.getName());
        }
        try {
            return Nats.connect(options.build());
        } catch (IOException e) {
            // Its text does not say why.
            throw reason.get() == null || e instanceof AuthenticationException
                    ? e
                    : new IOException("%s: %s".formatted(e.getMessage(), Failures.describe(reason.get())));
        }
    }

    private static SSLContext tls(FeedDefinition feed) {
        Tls tls = new Tls();
        tls.setCaFile(feed.parameter("ca-file"));
        tls.setCertificateFile(feed.parameter("certificate-file"));
        tls.setKeyFile(feed.parameter("key-file"));
        return tls.createSSLContext(tls.getCamelContext());
    }
}
