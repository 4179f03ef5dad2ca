package com.bytefreezer.connector.it;

import com.bytefreezer.connector.testing.S3Server;

class LakeOnMinioTest extends LakeContract {
    @Override
    S3Server start() {
        return S3Server.minio();
    }
}
