package com.bytefreezer.connector.input.queue;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.receive.FeedSender;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;

/** To a subject of a feed's stream. */
record NatsSender(Connection connection, String stream, String subject, boolean made) implements FeedSender {
    private static final int NOT_FOUND = 404;

    static NatsSender open(FeedDefinition feed, Connection connection) throws IOException, JetStreamApiException {
        String stream = feed.parameter("stream");
        JetStreamManagement management = connection.jetStreamManagement();
        boolean made = false;
        String subject;
        try {
            subject = management
                    .getStreamInfo(stream)
                    .getConfiguration()
                    .getSubjects()
                    .get(0);
        } catch (JetStreamApiException e) {
            if (e.getErrorCode() != NOT_FOUND) {
                throw e;
            }
            subject = feed.parameter("subject").isEmpty() ? stream + ".>" : feed.parameter("subject");
            management.addStream(
                    StreamConfiguration.builder().name(stream).subjects(subject).build());
            made = true;
        }
        String wanted = feed.parameter("subject").isEmpty() ? subject : feed.parameter("subject");
        return new NatsSender(connection, stream, wanted.replace("*", "certify").replace(">", "certify"), made);
    }

    /** Messages of NATS have no key. */
    @Override
    public void send(byte[] message, String key) throws IOException, JetStreamApiException {
        connection.jetStream().publish(subject, message);
    }

    @Override
    public void close() {
        try {
            if (made) {
                connection.jetStreamManagement().deleteStream(stream);
            }
            connection.close();
        } catch (IOException | JetStreamApiException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
