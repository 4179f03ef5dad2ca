package com.bytefreezer.connector.destination.kafka;

import com.bytefreezer.connector.net.KafkaLogin;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import java.util.Properties;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;

/** Creates camel-kafka's producer with a login and TLS from PEM files; neither is in an endpoint's URI. */
public final class KafkaClients extends DefaultKafkaClientFactory {
    private String username = "";
    private String password = "";
    private String caFile = "";
    private String certificateFile = "";
    private String keyFile = "";
    private String keyPassword = "";

    /** Sets the login's name; without it there is no login. */
    public void setUsername(String username) {
        this.username = username;
    }

    public void setPassword(String password) {
        this.password = password;
    }

    /** Sets the certificate authorities to trust instead of those of the Java installation. */
    public void setCaFile(String caFile) {
        this.caFile = caFile;
    }

    /** Sets the client certificate; its key must be set too. */
    public void setCertificateFile(String certificateFile) {
        this.certificateFile = certificateFile;
    }

    public void setKeyFile(String keyFile) {
        this.keyFile = keyFile;
    }

    public void setKeyPassword(String keyPassword) {
        this.keyPassword = keyPassword;
    }

    /**
     * Adds the login and TLS to the options of a client.
     *
     * @param properties with {@code security.protocol} and {@code sasl.mechanism}
     */
    public void secure(Properties properties) {
        new KafkaLogin(username, password, caFile, certificateFile, keyFile, keyPassword)
                .secure(properties, "kafka", "destination.kafka.");
    }

    @Override
    public Producer<?, ?> getProducer(Properties properties) {
        secure(properties);
        try {
            return AnsweringProducer.of(() -> super.getProducer(properties));
        } catch (KafkaException e) {
            throw new ConnectorException(
                    "kafka: the client cannot be set up (%s).".formatted(Failures.describe(e)),
                    Problem.NOT_STARTED,
                    "Check the settings destination.kafka.*.",
                    e);
        }
    }
}
