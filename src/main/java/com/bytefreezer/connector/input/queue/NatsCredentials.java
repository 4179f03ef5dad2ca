package com.bytefreezer.connector.input.queue;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Secrets;
import io.nats.client.AuthHandler;
import io.nats.client.support.Encoding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The login of a {@code .creds} file: a user's JWT, and the seed that signs what the server asks for. By the JDK, because the
 * cryptography that NATS' client would use for it takes 8 MB.
 */
record NatsCredentials(String jwt, PrivateKey key) implements AuthHandler {
    private static final Pattern JWT = block("NATS USER JWT");
    private static final Pattern SEED = block("USER NKEY SEED");
    /** Before the seed are two bytes of what it is, after it two of a checksum. */
    private static final int SEED_START = 2;

    private static final int SEED_BYTES = 32;
    private static final String ALGORITHM = "Ed25519";

    private static Pattern block(String what) {
        return Pattern.compile("-----BEGIN " + what + "-----\\s+(\\S+)\\s+-{3,}END");
    }

    /** @throws ConnectorException if it is no such file */
    static NatsCredentials read(String file) {
        try {
            String text = Files.readString(Path.of(file));
            Matcher jwt = JWT.matcher(text);
            Matcher seed = SEED.matcher(text);
            if (jwt.find() && seed.find()) {
                Secrets.ofProcess().addPassing(seed.group(1));
                byte[] bytes = Encoding.base32Decode(seed.group(1).toCharArray());
                byte[] raw = Arrays.copyOfRange(bytes, SEED_START, SEED_START + SEED_BYTES);
                return new NatsCredentials(
                        jwt.group(1),
                        KeyFactory.getInstance(ALGORITHM)
                                .generatePrivate(new EdECPrivateKeySpec(new NamedParameterSpec(ALGORITHM), raw)));
            }
            throw unusable(file, "it has no user JWT with a seed", null);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw unusable(file, Failures.describe(e), e);
        }
    }

    private static ConnectorException unusable(String file, String why, @Nullable Exception cause) {
        return new ConnectorException(
                "the credentials file %s cannot be used (%s). Name a .creds file as nsc writes it."
                        .formatted(file, why),
                cause);
    }

    @Override
    public byte[] sign(byte[] nonce) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            signature.update(nonce);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Only for a login without a JWT. */
    @Override
    public char[] getID() {
        return new char[0];
    }

    @Override
    public char[] getJWT() {
        return jwt.toCharArray();
    }

    @Override
    public String toString() {
        return "***";
    }
}
