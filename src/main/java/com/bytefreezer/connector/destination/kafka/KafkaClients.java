package com.bytefreezer.connector.destination.kafka;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.security.plain.PlainLoginModule;
import org.apache.kafka.common.security.scram.ScramLoginModule;

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
        String protocol = properties.getProperty(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG);
        if (protocol.startsWith("SASL_") == username.isBlank()) {
            throw new ConnectorException(
                    "kafka: destination.kafka.security-protocol is %s, %s."
                            .formatted(
                                    protocol,
                                    username.isBlank()
                                            ? "which needs destination.kafka.username"
                                            : "which does not use destination.kafka.username"),
                    Problem.NOT_STARTED,
                    "Set both or neither.",
                    null);
        }
        if (!username.isBlank()) {
            properties.put(SaslConfigs.SASL_JAAS_CONFIG, login(properties.getProperty(SaslConfigs.SASL_MECHANISM)));
        }
        if (!caFile.isBlank()) {
            properties.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PEM");
            properties.put(SslConfigs.SSL_TRUSTSTORE_CERTIFICATES_CONFIG, text(caFile));
        }
        if (!certificateFile.isBlank()) {
            properties.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, "PEM");
            properties.put(SslConfigs.SSL_KEYSTORE_CERTIFICATE_CHAIN_CONFIG, text(certificateFile));
            properties.put(SslConfigs.SSL_KEYSTORE_KEY_CONFIG, text(keyFile));
            if (!keyPassword.isBlank()) {
                properties.put(SslConfigs.SSL_KEY_PASSWORD_CONFIG, keyPassword);
            }
        }
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

    private String login(String mechanism) {
        Class<?> module = mechanism.startsWith("SCRAM-") ? ScramLoginModule.class : PlainLoginModule.class;
        return "%s required username=%s password=%s;".formatted(module.getName(), quoted(username), quoted(password));
    }

    private static String quoted(String value) {
        String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"");
        // A line break would end the text.
        return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"';
    }

    private static String text(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new ConnectorException(
                    "kafka: the file %s cannot be read.".formatted(file), Problem.NOT_STARTED, "", e);
        }
    }
}
