"""IAM enforcement."""
def switch(on): 
    from ministack import app
    from ministack.core import lambda_runtime
    app.AUTH = on
    lambda_runtime.reset()
