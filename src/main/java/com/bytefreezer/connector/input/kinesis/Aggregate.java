package com.bytefreezer.connector.input.kinesis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A record into which the Kinesis Producer Library, or another producer that does the same, has put several: four bytes that say
 * so, a message of Protocol Buffers (a table of keys and the records), and its MD5.
 */
final class Aggregate {
    private static final byte[] MAGIC = {(byte) 0xf3, (byte) 0x89, (byte) 0x9a, (byte) 0xc2};
    private static final int DIGEST = 16;
    private static final int KEYS = 1;
    private static final int RECORDS = 3;
    private static final int KEY_OF_RECORD = 1;
    private static final int DATA_OF_RECORD = 3;
    private static final int NUMBER = 0;
    private static final int BYTES = 2;

    private Aggregate() {}

    /** One of the records in it. */
    record Part(String partitionKey, byte[] data) {}

    static boolean isOne(byte[] data) {
        return data.length > MAGIC.length + DIGEST && Arrays.equals(data, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** The records in it; empty if it is damaged. */
    static Optional<List<Part>> partsOf(byte[] data) {
        int end = data.length - DIGEST;
        byte[] message = Arrays.copyOfRange(data, MAGIC.length, end);
        if (!Arrays.equals(digest(message), 0, DIGEST, data, end, data.length)) {
            return Optional.empty();
        }
        try {
            List<String> keys = new ArrayList<>();
            List<byte[]> records = new ArrayList<>();
            for (Field each : fields(message)) {
                if (each.number() == KEYS) {
                    keys.add(new String(each.bytes(), UTF_8));
                } else if (each.number() == RECORDS) {
                    records.add(each.bytes());
                }
            }
            List<Part> parts = new ArrayList<>();
            for (byte[] record : records) {
                parts.add(part(record, keys));
            }
            return Optional.of(parts);
        } catch (IndexOutOfBoundsException | ArithmeticException e) {
            return Optional.empty();
        }
    }

    private static byte[] digest(byte[] message) {
        try {
            return MessageDigest.getInstance("MD5").digest(message);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Part part(byte[] record, List<String> keys) {
        String key = "";
        byte[] data = {};
        for (Field each : fields(record)) {
            if (each.number() == KEY_OF_RECORD) {
                key = keys.get(Math.toIntExact(each.value()));
            } else if (each.number() == DATA_OF_RECORD) {
                data = each.bytes();
            }
        }
        return new Part(key, data);
    }

    /** A number has a value, everything else bytes. */
    private record Field(int number, long value, byte[] bytes) {}

    /** @throws IndexOutOfBoundsException if it is no such message */
    private static List<Field> fields(byte[] message) {
        List<Field> fields = new ArrayList<>();
        Varints in = new Varints(message);
        while (in.at < message.length) {
            long tag = in.next();
            int number = (int) (tag >>> 3);
            switch ((int) (tag & 7)) {
                case NUMBER -> fields.add(new Field(number, in.next(), new byte[0]));
                case BYTES -> fields.add(new Field(number, 0, in.bytes(in.next())));
                default -> throw new IndexOutOfBoundsException("no such type of a field");
            }
        }
        return fields;
    }

    private static final class Varints {
        private final byte[] message;
        private int at;

        Varints(byte[] message) {
            this.message = message;
        }

        long next() {
            long value = 0;
            for (int shift = 0; shift < Long.SIZE; shift += 7) {
                byte one = message[at++];
                value |= (long) (one & 0x7f) << shift;
                if (one >= 0) {
                    return value;
                }
            }
            throw new IndexOutOfBoundsException("no such number");
        }

        byte[] bytes(long length) {
            if (length < 0 || length > message.length - at) {
                throw new IndexOutOfBoundsException("no such length");
            }
            at += (int) length;
            return Arrays.copyOfRange(message, at - (int) length, at);
        }
    }
}
