package com.bytefreezer.connector.net;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.security.plain.PlainLoginModule;
import org.apache.kafka.common.security.scram.ScramLoginModule;

/**
 * The login of a client of Kafka, and TLS from PEM files. Empty: none.
 *
 * @param username without it there is no login
 * @param caFile certificate authorities to trust instead of those of the Java installation
 * @param certificateFile of the client; its key must be set too
 */
public record KafkaLogin(
        String username, String password, String caFile, String certificateFile, String keyFile, String keyPassword) {
    /**
     * Adds the login and TLS to the options of a client.
     *
     * @param properties with {@code security.protocol} and {@code sasl.mechanism}
     * @param whose for messages
     * @param prefix of the names of the settings, for messages
     * @throws ConnectorException if they do not fit, or a file cannot be read
     */
    public void secure(Properties properties, String whose, String prefix) {
        String protocol = properties.getProperty(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG);
        if (protocol.startsWith("SASL_") == username.isBlank()) {
            throw new ConnectorException(
                    "%s: %ssecurity-protocol is %s, which %s %susername."
                            .formatted(whose, prefix, protocol, username.isBlank() ? "needs" : "does not use", prefix),
                    Problem.NOT_STARTED,
                    "Set both or neither.",
                    null);
        }
        if (!username.isBlank()) {
            properties.put(SaslConfigs.SASL_JAAS_CONFIG, login(properties.getProperty(SaslConfigs.SASL_MECHANISM)));
        }
        if (!caFile.isBlank()) {
            properties.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PEM");
            properties.put(SslConfigs.SSL_TRUSTSTORE_CERTIFICATES_CONFIG, text(caFile, whose));
        }
        if (!certificateFile.isBlank()) {
            properties.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, "PEM");
            properties.put(SslConfigs.SSL_KEYSTORE_CERTIFICATE_CHAIN_CONFIG, text(certificateFile, whose));
            properties.put(SslConfigs.SSL_KEYSTORE_KEY_CONFIG, text(keyFile, whose));
            if (!keyPassword.isBlank()) {
                properties.put(SslConfigs.SSL_KEY_PASSWORD_CONFIG, keyPassword);
            }
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

    private static String text(String file, String whose) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new ConnectorException(
                    "%s: the file %s cannot be read.".formatted(whose, file), Problem.NOT_STARTED, "", e);
        }
    }
}
