package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
    private final Secrets secrets = new Secrets();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "destination.webhook.token",
                "destination.webhook.password",
                "destination.webhook.key-password",
                "control.api-key",
                "s3.access-key",
                "s3.secret-key",
                "s3.session-token"
            })
    void aSettingThatEndsInASecretWordIsSecret(String name) {
        assertThat(Secrets.isSecret(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"query.sql", "destination.webhook.key-file", "destination.webhook.token-url", "s3.bucket"})
    void otherSettingsAreNot(String name) {
        assertThat(Secrets.isSecret(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization",
                "proxy-authorization",
                "Cookie",
                "X-Api-Key",
                "x-apikey",
                "X-Auth-Token",
                "X-Auth",
                "Client-Secret",
                "Ocp-Apim-Subscription-Key",
                "X-Signature"
            })
    void aHeaderThatCarriesCredentialsIsSecret(String name) {
        assertThat(Secrets.isSecretHeader(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Type", "X-Source", "Idempotency-Key", "Author"})
    void otherHeadersAreNot(String name) {
        assertThat(Secrets.isSecretHeader(name)).isFalse();
    }

    @Test
    void everySecretIsMaskedAlsoWhenOneIsPartOfAnother() {
        secrets.add("abcd");
        secrets.add("abcdefgh");
        secrets.add("efgh-ijkl");
        assertThat(secrets.mask("1 abcdefgh 2 abcd 3 efgh-ijkl")).isEqualTo("1 *** 2 *** 3 ***");
    }

    @Test
    void aValueTooShortToBeASecretDoesNotTakeWordsApart() {
        secrets.add("abc");
        secrets.add("");
        assertThat(secrets.mask("abc of words")).isEqualTo("abc of words");
    }

    @ParameterizedTest
    @CsvSource({
        "https://me:word@host/path, https://***@host/path",
        "https://me:w@rd@host/path, https://***@host/path",
        "https://token@host, https://***@host",
        "https://host/a@b, https://host/a@b",
        "https://host?to=a@b.example, https://host?to=a@b.example",
        "https://host/hook?token=abc&x=1, https://host/hook?token=***&x=1",
        "https://host/hook?x=1&api_key=abc, https://host/hook?x=1&api_key=***",
        "\"GET https://host/?sig=a%2Fb: 403\", \"GET https://host/?sig=***: 403\"",
        "https://host/o?X-Amz-Signature=abc&X-Amz-Expires=9, https://host/o?X-Amz-Signature=***&X-Amz-Expires=9",
    })
    void theSecretPartsOfUrlsAreMasked(String text, String masked) {
        assertThat(secrets.mask(text)).isEqualTo(masked);
    }
}
