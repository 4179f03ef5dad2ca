package com.bytefreezer.connector.config;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Addresses of machines, as {@code 10.0.0.0/8, 192.168.7.5, ::1}. */
public record Networks(List<Network> all) {
    /** @param bits how many of the address count */
    private record Network(byte[] address, int bits) {
        boolean contains(byte[] other) {
            int rest = address.length * 8 - bits;
            return other.length == address.length
                    && new BigInteger(1, address).shiftRight(rest).equals(new BigInteger(1, other).shiftRight(rest));
        }
    }

    /**
     * Reads text that {@link #problem} has found correct.
     *
     * @param text empty: none
     */
    public static Networks of(String text) {
        return new Networks(Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .map(Networks::network)
                .toList());
    }

    static Optional<String> problem(String text) {
        try {
            of(text);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of("must be addresses or networks, as 10.0.0.0/8, 192.168.7.5");
        }
    }

    private static Network network(String item) {
        String[] parts = item.split("/", -1);
        // Otherwise Java would look the name up.
        if (parts.length > 2 || !parts[0].matches("[0-9a-fA-F:]*:[0-9a-fA-F:.]*|\\d+(\\.\\d+){3}")) {
            throw new IllegalArgumentException(item);
        }
        try {
            byte[] address = InetAddress.getByName(parts[0]).getAddress();
            int bits = parts.length == 1 ? address.length * 8 : Integer.parseInt(parts[1]);
            if (bits < 0 || bits > address.length * 8) {
                throw new IllegalArgumentException(item);
            }
            return new Network(address, bits);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(item, e);
        }
    }

    /** Whether one of them has the address; without any, all do. */
    public boolean contains(InetAddress address) {
        return all.isEmpty() || all.stream().anyMatch(one -> one.contains(address.getAddress()));
    }
}
